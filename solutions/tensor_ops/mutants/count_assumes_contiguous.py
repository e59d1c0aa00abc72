"""Wrong: .view on logits with gaps raises."""

CAUGHT_BY = ("test_count_correct_of_few_rows",)


def count_correct(logits, labels):
    return int((logits.view(-1).view(logits.shape).argmax(1) == labels).sum())
