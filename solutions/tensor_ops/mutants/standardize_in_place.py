"""Wrong: changes its argument."""

CAUGHT_BY = ()

def standardize(x, eps=1e-5):
    x -= x.mean(0)
    x /= (x.square().mean(0) + eps).sqrt()
    return x
