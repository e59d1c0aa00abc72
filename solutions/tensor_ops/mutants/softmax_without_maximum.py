"""Wrong: overflows for large entries."""

CAUGHT_BY = (
    "test_softmax_is_stable",
    "test_softmax_with_minus_infinity",
)
CAUSES = ("NaN*",)


def softmax(x, dim=-1):
    return x.exp() / x.exp().sum(dim, keepdim=True)
