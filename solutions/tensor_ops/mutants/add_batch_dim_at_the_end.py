"""Wrong: the new dimension comes last."""

CAUGHT_BY = (
    "test_add_batch_dim_adds_a_first_dimension",
    "test_add_batch_dim_shares_memory",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def add_batch_dim(x):
    return x.unsqueeze(-1)
