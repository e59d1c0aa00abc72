"""Wrong: another tensor on the same memory."""

CAUGHT_BY = ("test_scale_rows_returns_the_same_object",)


def scale_rows_(x, scale):
    return x.mul_(scale[:, None])[:]
