"""Wrong: the mean over all steps."""

CAUGHT_BY = ()

def masked_mean(x, lengths):
    return x.mean(1)
