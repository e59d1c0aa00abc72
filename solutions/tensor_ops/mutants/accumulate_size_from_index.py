"""Wrong: as many rows as the largest index needs."""

CAUGHT_BY = (
    "test_accumulate_rows_of_nothing",
    "test_accumulate_rows_without_a_loop",
)


def accumulate_rows(num_rows, index, rows):
    n = int(index.max()) + 1
    return rows.new_zeros(n, rows.shape[1]).index_add_(0, index, rows)
