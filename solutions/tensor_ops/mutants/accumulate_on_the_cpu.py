"""Wrong: zeros are always on the CPU."""

import torch

CAUGHT_BY = ("test_accumulate_rows_without_a_loop",)
CAUSES = ("wrong device",)


def accumulate_rows(num_rows, index, rows):
    return torch.zeros(num_rows, rows.shape[1], dtype=rows.dtype).index_add_(0, index, rows)
