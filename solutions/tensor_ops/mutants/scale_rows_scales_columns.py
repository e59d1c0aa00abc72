"""Wrong: columns, not rows."""

CAUGHT_BY = (
    "test_scale_rows_changes_x",
    "test_scale_rows_returns_the_same_object",
    "test_scale_rows_without_a_loop",
)


def scale_rows_(x, scale):
    return x.mul_(scale)
