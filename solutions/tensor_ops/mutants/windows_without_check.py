"""Wrong: unfold raises RuntimeError."""

CAUGHT_BY = ()

def sliding_windows(x, size, stride=1):
    return x.unfold(-1, size, stride)
