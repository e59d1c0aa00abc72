"""Wrong: x stays as it was."""

CAUGHT_BY = (
    "test_scale_rows_changes_x",
    "test_scale_rows_returns_the_same_object",
)


def scale_rows_(x, scale):
    return x * scale[:, None]
