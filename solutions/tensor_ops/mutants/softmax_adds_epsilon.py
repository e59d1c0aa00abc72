"""Wrong: a small number in the denominator."""

CAUGHT_BY = (
    "test_softmax_along_any_dimension",
    "test_softmax_of_rows",
    "test_softmax_with_minus_infinity",
)
CAUSES = ("small error",)


def softmax(x, dim=-1):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / (e.sum(dim, keepdim=True) + 1e-6)
