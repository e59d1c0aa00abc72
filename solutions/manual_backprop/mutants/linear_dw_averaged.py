"""Wrong: dw is divided by the number of rows, which the upstream has seen to already."""

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream / len(x), upstream.sum(dim=0)
