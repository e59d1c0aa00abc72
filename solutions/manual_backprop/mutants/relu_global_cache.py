"""Wrong: keeps the mask in one global variable, which the next layer overwrites."""

CAUGHT_BY = ("test_relu_caches_are_separate",)


LAST = {}


def relu_forward(x):
    LAST["positive"] = x > 0
    return x.clamp(min=0), None


def relu_backward(upstream, cache):
    return upstream * LAST["positive"]
