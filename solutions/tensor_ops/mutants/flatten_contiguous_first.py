"""Wrong: contiguous() copies where a view of x exists."""

CAUGHT_BY = ("test_flatten_batch_shares_whenever_a_view_can",)


def flatten_batch(x):
    return x.contiguous().view(len(x), x.shape[1:].numel())
