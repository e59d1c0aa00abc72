"""Wrong: the result has its own memory."""

CAUGHT_BY = ()

def add_batch_dim(x):
    return x.unsqueeze(0).clone()
