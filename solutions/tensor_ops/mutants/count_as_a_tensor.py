"""Wrong: a 0-d tensor."""

CAUGHT_BY = (
    "test_count_correct_is_a_python_int",
    "test_count_correct_of_few_rows",
    "test_count_correct_without_a_loop",
)


def count_correct(logits, labels):
    return (logits.argmax(1) == labels).sum()
