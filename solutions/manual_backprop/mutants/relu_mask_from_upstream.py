"""Wrong: the mask is taken from the sign of the upstream instead of x."""

CAUGHT_BY = ()


def relu_backward(upstream, cache):
    return upstream * (upstream > 0)
