"""Wrong: (size, num) for (num, size)."""

CAUGHT_BY = (
    "test_sliding_windows_of_a_vector",
    "test_sliding_windows_over_the_last_dimension",
    "test_sliding_windows_write_through",
)
CAUSES = ("transposed",)


def sliding_windows(x, size, stride=1):
    if not 1 <= size <= x.shape[-1] or stride < 1:
        raise ValueError(size)
    return x.unfold(-1, size, stride).transpose(-1, -2)
