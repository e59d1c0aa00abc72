"""Wrong: torch.cdist."""

import torch

CAUGHT_BY = ("test_pairwise_sq_dists_by_your_own_means",)
CAUSES = ("off limits",)


def pairwise_sq_dists(a, b):
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist") ** 2
