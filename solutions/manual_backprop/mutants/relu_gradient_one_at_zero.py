"""Wrong: lets the gradient pass at exactly 0."""

CAUGHT_BY = ("test_relu_backward_at_zero",)


def relu_forward(x):
    return x.clamp(min=0), x >= 0
