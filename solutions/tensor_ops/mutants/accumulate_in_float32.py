"""Wrong: float32 whatever comes in."""

import torch

CAUGHT_BY = (
    "test_accumulate_rows_of_nothing",
    "test_accumulate_rows_with_distinct_indices",
    "test_accumulate_rows_with_repeated_indices",
)
CAUSES = ("wrong dtype",)


def accumulate_rows(num_rows, index, rows):
    return torch.zeros(num_rows, rows.shape[1], device=rows.device).index_add_(0, index, rows.float())
