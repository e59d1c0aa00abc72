"""Wrong: a loop over rows."""

CAUGHT_BY = ("test_accumulate_rows_without_a_loop",)
CAUSES = ("a Python loop",)


def accumulate_rows(num_rows, index, rows):
    out = rows.new_zeros(num_rows, rows.shape[1])
    for i, row in zip(index.tolist(), rows):
        out[i] += row
    return out
