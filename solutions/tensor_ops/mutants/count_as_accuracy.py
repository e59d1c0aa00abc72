"""Wrong: the share, not the number."""

CAUGHT_BY = ()

def count_correct(logits, labels):
    return (logits.argmax(1) == labels).float().mean().item()
