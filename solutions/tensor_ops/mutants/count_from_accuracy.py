"""Wrong: accuracy times N: NaN for no rows."""

CAUGHT_BY = ("test_count_correct_of_few_rows",)


def count_correct(logits, labels):
    return round((logits.argmax(1) == labels).double().mean().item() * len(labels))
