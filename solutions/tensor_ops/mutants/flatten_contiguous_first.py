"""Wrong: contiguous() copies where a view of x exists."""

CAUGHT_BY = ()

def flatten_batch(x):
    return x.contiguous().view(len(x), x.shape[1:].numel())
