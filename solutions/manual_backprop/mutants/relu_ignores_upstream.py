"""Wrong: returns the local derivative only."""

CAUGHT_BY = ()


def relu_backward(upstream, cache):
    return cache.to(upstream.dtype)
