"""Wrong: out[index] += rows keeps one of equal indices."""

CAUGHT_BY = ()

import torch


def accumulate_rows(num_rows, index, rows):
    out = rows.new_zeros(num_rows, rows.shape[1])
    out[index] += rows
    return out
