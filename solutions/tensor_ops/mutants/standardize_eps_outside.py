"""Wrong: eps is added to the standard deviation."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    return (x - x.mean(0)) / (x.var(0, correction=0).sqrt() + eps)
