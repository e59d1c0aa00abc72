"""Wrong: unfold raises RuntimeError."""

CAUGHT_BY = (
    "test_sliding_windows_refuse_a_large_size",
    "test_sliding_windows_refuse_small_numbers",
)


def sliding_windows(x, size, stride=1):
    return x.unfold(-1, size, stride)
