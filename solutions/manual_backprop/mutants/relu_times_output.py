"""Wrong: multiplies by the output instead of by its sign."""

CAUGHT_BY = ()


def relu_forward(x):
    out = x.clamp(min=0)
    return out, out


def relu_backward(upstream, cache):
    return upstream * cache
