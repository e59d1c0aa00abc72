"""Wrong: 0 * NaN is NaN."""

import torch

CAUGHT_BY = (
    "test_masked_mean_with_anything_in_the_padding",
    "test_masked_mean_with_nan_in_the_padding",
)
CAUSES = ("NaN*",)


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None]).unsqueeze(-1)
    return (x * inside).sum(1) / lengths.clamp(min=1)[:, None].to(x.dtype)
