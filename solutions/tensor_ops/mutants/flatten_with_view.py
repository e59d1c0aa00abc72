"""Wrong: .view on a permuted tensor raises."""

CAUGHT_BY = ()

def flatten_batch(x):
    return x.view(len(x), x.shape[1:].numel())
