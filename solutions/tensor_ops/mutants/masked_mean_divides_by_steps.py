"""Wrong: divided by T."""

CAUGHT_BY = ()

import torch


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None]).unsqueeze(-1)
    return x.masked_fill(~inside, 0).mean(1)
