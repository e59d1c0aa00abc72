"""Wrong: positions are always on the CPU."""

import torch

CAUGHT_BY = ("test_masked_mean_without_a_loop",)
CAUSES = ("wrong device",)


def masked_mean(x, lengths):
    inside = (torch.arange(x.shape[1]) < lengths[:, None]).unsqueeze(-1)
    return x.masked_fill(~inside, 0).sum(1) / lengths.clamp(min=1)[:, None].to(x.dtype)
