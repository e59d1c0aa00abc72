"""Wrong: one mean and one variance for all."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    return (x - x.mean()) / (x.var(correction=0) + eps).sqrt()
