"""Wrong: computes in x itself."""

CAUGHT_BY = (
    "test_sigmoid_backward",
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_caches_are_separate",
    "test_sigmoid_float32",
    "test_sigmoid_forward",
    "test_sigmoid_forward_is_stable",
    "test_sigmoid_layouts",
)
CAUSES = ("argument changed in place",)


def sigmoid_forward(x):
    out = x.neg_().exp_().add_(1).reciprocal_()
    return out, out.clone()
