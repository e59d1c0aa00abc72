"""Wrong: float32 out for float64 in."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    x = x.float()
    return (x - x.mean(0)) / (x.var(0, correction=0) + eps).sqrt()
