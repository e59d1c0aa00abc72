"""Wrong: x stays as it was."""

CAUGHT_BY = ()

def scale_rows_(x, scale):
    return x * scale[:, None]
