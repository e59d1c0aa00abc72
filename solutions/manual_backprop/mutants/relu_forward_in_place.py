"""Wrong: clamps x itself."""

CAUGHT_BY = ()


def relu_forward(x):
    positive = x > 0
    return x.clamp_(min=0), positive
