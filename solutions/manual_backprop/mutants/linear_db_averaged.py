"""Wrong: db averages over the rows instead of adding up."""

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream, upstream.mean(dim=0)
