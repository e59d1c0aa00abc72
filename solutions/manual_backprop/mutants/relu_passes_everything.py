"""Wrong: backward forgets the mask."""

CAUGHT_BY = ()


def relu_backward(upstream, cache):
    return upstream.clone()
