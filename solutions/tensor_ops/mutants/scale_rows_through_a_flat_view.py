"""Wrong: works on a copy when x is not contiguous."""

CAUGHT_BY = ("test_scale_rows_returns_the_same_object",)


def scale_rows_(x, scale):
    x.reshape(-1).mul_(scale.repeat_interleave(x.shape[1]))
    return x
