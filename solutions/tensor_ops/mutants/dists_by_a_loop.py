"""Wrong: a loop over rows, which fails for none."""

import torch

CAUGHT_BY = (
    "test_pairwise_sq_dists_by_your_own_means",
    "test_pairwise_sq_dists_of_few_points",
)
CAUSES = ("a Python loop",)


def pairwise_sq_dists(a, b):
    return torch.stack([(row - b).square().sum(1) for row in a])
