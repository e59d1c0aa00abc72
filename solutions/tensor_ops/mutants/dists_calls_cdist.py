"""Wrong: torch.cdist."""

CAUGHT_BY = ()

import torch


def pairwise_sq_dists(a, b):
    return torch.cdist(a, b, compute_mode='donot_use_mm_for_euclid_dist') ** 2
