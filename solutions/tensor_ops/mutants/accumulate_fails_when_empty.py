"""Wrong: stack of nothing raises."""

CAUGHT_BY = ("test_accumulate_rows_of_nothing",)


def accumulate_rows(num_rows, index, rows):
    if int(index.min()) < 0:
        raise ValueError(index)
    return rows.new_zeros(num_rows, rows.shape[1]).index_add_(0, index, rows)
