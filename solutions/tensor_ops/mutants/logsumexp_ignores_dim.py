"""Wrong: always the last dimension."""

CAUGHT_BY = (
    "test_logsumexp_along_any_dimension",
    "test_logsumexp_of_huge_entries",
    "test_logsumexp_of_rows_and_columns",
)


def logsumexp(x, dim=-1):
    top = x.amax(-1, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return (x - top).exp().sum(-1).log() + top.squeeze(-1)
