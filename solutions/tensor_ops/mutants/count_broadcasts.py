"""Wrong: labels (N, 1) against (N,) makes N x N."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    return int((logits.argmax(1) == labels[:, None]).sum())
