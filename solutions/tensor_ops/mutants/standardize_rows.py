"""Wrong: rows, not columns."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    return (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + eps).sqrt()
