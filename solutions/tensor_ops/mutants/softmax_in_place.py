"""Wrong: changes its argument."""

CAUGHT_BY = (
    "test_softmax_along_any_dimension",
    "test_softmax_by_your_own_means",
    "test_softmax_is_stable",
    "test_softmax_of_rows",
    "test_softmax_with_minus_infinity",
)
CAUSES = ("argument changed in place",)


def softmax(x, dim=-1):
    x -= x.amax(dim, keepdim=True)
    e = x.exp()
    return e / e.sum(dim, keepdim=True)
