"""Wrong: nan_to_num hides large padding badly."""

CAUGHT_BY = ()

import torch


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None]).unsqueeze(-1)
    return (x.nan_to_num(nan=0.0) * inside).sum(1) / (lengths[:, None] + 1e-6)
