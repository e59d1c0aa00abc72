"""Wrong: a loop over rows."""

CAUGHT_BY = ()

def scale_rows_(x, scale):
    for i in range(len(x)):
        x[i] *= scale[i]
    return x
