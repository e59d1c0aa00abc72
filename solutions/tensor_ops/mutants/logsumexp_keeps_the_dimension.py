"""Wrong: dim stays with size 1."""

CAUGHT_BY = (
    "test_logsumexp_along_any_dimension",
    "test_logsumexp_by_your_own_means",
    "test_logsumexp_is_stable",
    "test_logsumexp_of_huge_entries",
    "test_logsumexp_of_minus_infinity",
    "test_logsumexp_of_rows_and_columns",
)
CAUSES = ("an extra dimension of size 1",)


def logsumexp(x, dim=-1):
    top = x.amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return (x - top).exp().sum(dim, keepdim=True).log() + top
