"""Wrong: stride is not checked."""

CAUGHT_BY = ("test_sliding_windows_refuse_small_numbers",)


def sliding_windows(x, size, stride=1):
    if not 1 <= size <= x.shape[-1]:
        raise ValueError(size)
    return x.unfold(-1, size, stride)
