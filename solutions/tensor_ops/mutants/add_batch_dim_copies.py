"""Wrong: the result has its own memory."""

CAUGHT_BY = ("test_add_batch_dim_shares_memory",)


def add_batch_dim(x):
    return x.unsqueeze(0).clone()
