"""Wrong: index_copy keeps one of equal indices."""

CAUGHT_BY = ()

import torch


def accumulate_rows(num_rows, index, rows):
    return rows.new_zeros(num_rows, rows.shape[1]).index_copy(0, index, rows)
