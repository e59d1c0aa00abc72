"""Wrong: the result is computed in the cached mask, so a second backward pass is wrong."""

CAUGHT_BY = ("test_relu_caches_are_separate",)


def relu_forward(x):
    return x.clamp(min=0), (x > 0).to(x.dtype)


def relu_backward(upstream, cache):
    mask = cache
    mask *= upstream
    return mask
