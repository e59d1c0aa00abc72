"""Wrong: a loop over rows."""

CAUGHT_BY = ("test_scale_rows_without_a_loop",)
CAUSES = ("a Python loop",)


def scale_rows_(x, scale):
    for i in range(len(x)):
        x[i] *= scale[i]
    return x
