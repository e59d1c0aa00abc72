"""Wrong: a loop over rows, which fails for none."""

CAUGHT_BY = ()

import torch


def pairwise_sq_dists(a, b):
    return torch.stack([(row - b).square().sum(1) for row in a])
