"""Wrong: 0 / 0."""

import torch

CAUGHT_BY = (
    "test_masked_mean_of_length_zero",
    "test_masked_mean_with_anything_in_the_padding",
)
CAUSES = ("NaN*",)


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None]).unsqueeze(-1)
    return x.masked_fill(~inside, 0).sum(1) / lengths[:, None].to(x.dtype)
