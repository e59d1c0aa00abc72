"""Wrong: copies a tensor that is not contiguous."""

CAUGHT_BY = ("test_add_batch_dim_shares_memory",)


def add_batch_dim(x):
    return x.contiguous().view(1, *x.shape)
