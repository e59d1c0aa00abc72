"""Wrong: the mask is float64, and so is the gradient of float32 inputs."""

CAUGHT_BY = ()


def relu_backward(upstream, cache):
    return upstream * cache.double()
