"""Wrong: out[index] += rows keeps one of equal indices."""

CAUGHT_BY = (
    "test_accumulate_rows_of_nothing",
    "test_accumulate_rows_with_repeated_indices",
    "test_accumulate_rows_without_a_loop",
)


def accumulate_rows(num_rows, index, rows):
    out = rows.new_zeros(num_rows, rows.shape[1])
    out[index] += rows
    return out
