"""Wrong: entries come as they lie in memory."""

CAUGHT_BY = (
    "test_flatten_batch_of_a_permuted_tensor",
    "test_flatten_batch_shares_whenever_a_view_can",
)


def flatten_batch(x):
    if x.is_contiguous() or x.dim() < 3:
        return x.reshape(len(x), x.shape[1:].numel())
    return x.transpose(1, -1).reshape(len(x), x.shape[1:].numel())
