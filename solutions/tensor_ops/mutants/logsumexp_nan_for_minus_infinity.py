"""Wrong: -inf - (-inf) is NaN."""

CAUGHT_BY = (
    "test_logsumexp_of_huge_entries",
    "test_logsumexp_of_minus_infinity",
)
CAUSES = ("NaN*",)


def logsumexp(x, dim=-1):
    top = x.amax(dim, keepdim=True)
    return (x - top).exp().sum(dim).log() + top.squeeze(dim)
