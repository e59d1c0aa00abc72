"""Wrong: another tensor on the same memory."""

CAUGHT_BY = ()

def scale_rows_(x, scale):
    return x.mul_(scale[:, None])[:]
