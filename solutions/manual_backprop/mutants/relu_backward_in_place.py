"""Wrong: zeroes entries of the upstream itself."""

CAUGHT_BY = (
    "test_relu_backward",
    "test_relu_backward_at_zero",
    "test_relu_caches_are_separate",
    "test_relu_float32",
    "test_relu_layouts",
)
CAUSES = ("argument changed in place",)


def relu_backward(upstream, cache):
    upstream[~cache] = 0
    return upstream
