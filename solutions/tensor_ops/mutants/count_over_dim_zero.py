"""Wrong: the largest of each column."""

CAUGHT_BY = (
    "test_count_correct_is_a_python_int",
    "test_count_correct_of_few_rows",
    "test_count_correct_without_a_loop",
)


def count_correct(logits, labels):
    best = logits.argmax(0)
    return int((best[: len(labels)] == labels[: len(best)]).sum())
