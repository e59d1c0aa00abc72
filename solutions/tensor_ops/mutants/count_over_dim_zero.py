"""Wrong: the largest of each column."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    best = logits.argmax(0)
    return int((best[: len(labels)] == labels[: len(best)]).sum())
