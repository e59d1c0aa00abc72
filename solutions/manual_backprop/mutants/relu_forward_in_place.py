"""Wrong: clamps x itself."""

CAUGHT_BY = (
    "test_relu_backward",
    "test_relu_backward_at_zero",
    "test_relu_caches_are_separate",
    "test_relu_float32",
    "test_relu_forward",
    "test_relu_layouts",
)
CAUSES = ("argument changed in place",)


def relu_forward(x):
    positive = x > 0
    return x.clamp_(min=0), positive
