"""Wrong: log(sum(exp(x))) overflows."""

CAUGHT_BY = (
    "test_logsumexp_is_stable",
    "test_logsumexp_of_huge_entries",
)
CAUSES = ("infinite*",)


def logsumexp(x, dim=-1):
    return x.exp().sum(dim).log()
