"""Wrong: the mean of rows with the same index."""

CAUGHT_BY = ()

import torch


def accumulate_rows(num_rows, index, rows):
    return rows.new_zeros(num_rows, rows.shape[1]).index_reduce(0, index, rows, 'mean', include_self=False)
