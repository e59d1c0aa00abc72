"""Wrong: torch.logsumexp."""

CAUGHT_BY = ("test_logsumexp_by_your_own_means",)

import torch


def logsumexp(x, dim=-1):
    return torch.logsumexp(x, dim)
