"""Wrong: copies a tensor that is not contiguous."""

CAUGHT_BY = ()

def add_batch_dim(x):
    return x.contiguous().view(1, *x.shape)
