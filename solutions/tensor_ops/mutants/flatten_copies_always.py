"""Wrong: contiguous() and clone() copy where a view would do."""

CAUGHT_BY = ()

def flatten_batch(x):
    return x.clone().reshape(len(x), x.shape[1:].numel())
