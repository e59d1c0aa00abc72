"""Wrong: a loop over rows."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    return sum(int(row.argmax()) == label for row, label in zip(logits, labels.tolist()))
