"""Wrong: squeeze() eats a batch of one, and the sum then runs over the outputs."""

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream, upstream.squeeze().sum(dim=0)
