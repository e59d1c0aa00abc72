"""Wrong: works on a copy when x is not contiguous."""

CAUGHT_BY = ()

def scale_rows_(x, scale):
    x.reshape(-1).mul_(scale.repeat_interleave(x.shape[1]))
    return x
