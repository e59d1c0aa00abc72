"""Wrong: torch.logsumexp."""

import torch

CAUGHT_BY = ("test_logsumexp_by_your_own_means",)
CAUSES = ("off limits",)


def logsumexp(x, dim=-1):
    return torch.logsumexp(x, dim)
