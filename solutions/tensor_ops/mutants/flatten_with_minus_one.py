"""Wrong: -1 is ambiguous for an empty batch."""

CAUGHT_BY = ()

def flatten_batch(x):
    return x.reshape(len(x), -1)
