"""Wrong: contiguous() and clone() copy where a view would do."""

CAUGHT_BY = (
    "test_flatten_batch_shares_memory",
    "test_flatten_batch_shares_whenever_a_view_can",
)


def flatten_batch(x):
    return x.clone().reshape(len(x), x.shape[1:].numel())
