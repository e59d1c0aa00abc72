"""Wrong: a loop over rows."""

CAUGHT_BY = ("test_count_correct_without_a_loop",)
CAUSES = ("a Python loop",)


def count_correct(logits, labels):
    return sum(int(row.argmax()) == label for row, label in zip(logits, labels.tolist()))
