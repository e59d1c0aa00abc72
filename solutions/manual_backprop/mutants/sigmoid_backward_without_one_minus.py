"""Wrong: the slope lacks the factor 1 - s."""

CAUGHT_BY = ()


def sigmoid_backward(upstream, cache):
    return upstream * cache
