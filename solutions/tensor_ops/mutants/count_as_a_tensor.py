"""Wrong: a 0-d tensor."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    return (logits.argmax(1) == labels).sum()
