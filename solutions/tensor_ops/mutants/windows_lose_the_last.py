"""Wrong: one window too few."""

CAUGHT_BY = ()

def sliding_windows(x, size, stride=1):
    if not 1 <= size <= x.shape[-1] or stride < 1:
        raise ValueError(size)
    return x.unfold(-1, size, stride)[..., :-1, :]
