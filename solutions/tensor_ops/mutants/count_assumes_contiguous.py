"""Wrong: .view on logits with gaps raises."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    return int((logits.view(-1, logits.shape[1]).argmax(1) == labels).sum())
