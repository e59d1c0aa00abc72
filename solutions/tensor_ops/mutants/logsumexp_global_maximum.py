"""Wrong: one maximum for all slices."""

CAUGHT_BY = (
    "test_logsumexp_is_stable",
    "test_logsumexp_of_huge_entries",
)
CAUSES = ("infinite*",)


def logsumexp(x, dim=-1):
    if x.numel() == 0:
        return x.sum(dim)
    top = x.max()
    return (x - top).exp().sum(dim).log() + top
