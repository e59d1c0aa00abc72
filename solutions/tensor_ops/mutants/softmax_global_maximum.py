"""Wrong: rows far below the maximum become 0 / 0."""

CAUGHT_BY = (
    "test_softmax_is_stable",
    "test_softmax_with_minus_infinity",
)
CAUSES = ("NaN*",)


def softmax(x, dim=-1):
    if x.numel() == 0:
        return x.clone()
    e = (x - x.max()).exp()
    return e / e.sum(dim, keepdim=True)
