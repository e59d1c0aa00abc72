"""Wrong: nan_to_num hides large padding badly."""

import torch

CAUGHT_BY = (
    "test_masked_mean_of_length_zero",
    "test_masked_mean_of_other_lengths",
    "test_masked_mean_over_valid_steps",
    "test_masked_mean_with_anything_in_the_padding",
    "test_masked_mean_with_nan_in_the_padding",
)
CAUSES = ("small error",)


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None]).unsqueeze(-1)
    return (x.nan_to_num(nan=0.0) * inside).sum(1) / (lengths[:, None] + 1e-6)
