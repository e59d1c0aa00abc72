"""Wrong: the slope lacks the factor 1 - s."""

CAUGHT_BY = (
    "test_sigmoid_backward",
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_caches_are_separate",
    "test_sigmoid_float32",
    "test_sigmoid_layouts",
)


def sigmoid_backward(upstream, cache):
    return upstream * cache
