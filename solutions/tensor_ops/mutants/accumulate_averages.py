"""Wrong: the mean of rows with the same index."""

CAUGHT_BY = (
    "test_accumulate_rows_of_nothing",
    "test_accumulate_rows_with_repeated_indices",
    "test_accumulate_rows_without_a_loop",
)
CAUSES = ("factor 0.2",)


def accumulate_rows(num_rows, index, rows):
    return rows.new_zeros(num_rows, rows.shape[1]).index_reduce(0, index, rows, "mean", include_self=False)
