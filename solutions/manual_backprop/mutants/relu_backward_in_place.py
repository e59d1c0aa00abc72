"""Wrong: zeroes entries of the upstream itself."""

CAUGHT_BY = ()


def relu_backward(upstream, cache):
    upstream[~cache] = 0
    return upstream
