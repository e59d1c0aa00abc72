"""Wrong: as_strided with strides that only a contiguous tensor has."""

CAUGHT_BY = (
    "test_sliding_windows_over_the_last_dimension",
    "test_sliding_windows_write_through",
)


def sliding_windows(x, size, stride=1):
    if not 1 <= size <= x.shape[-1] or stride < 1:
        raise ValueError(size)
    num = (x.shape[-1] - size) // stride + 1
    lead = [x.stride(i) for i in range(x.dim() - 1)]
    return x.as_strided((*x.shape[:-1], num, size), (*lead, stride, 1))
