"""Wrong: <= for <."""

import torch

CAUGHT_BY = (
    "test_masked_mean_of_length_zero",
    "test_masked_mean_of_other_lengths",
    "test_masked_mean_over_valid_steps",
    "test_masked_mean_with_anything_in_the_padding",
    "test_masked_mean_with_nan_in_the_padding",
    "test_masked_mean_without_a_loop",
)
CAUSES = ("NaN*",)


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) <= lengths[:, None]).unsqueeze(-1)
    return x.masked_fill(~inside, 0).sum(1) / lengths.clamp(min=1)[:, None].to(x.dtype)
