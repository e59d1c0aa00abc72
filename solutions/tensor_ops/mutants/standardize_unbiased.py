"""Wrong: divides by N - 1."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    return (x - x.mean(0)) / (x.var(0) + eps).sqrt()
