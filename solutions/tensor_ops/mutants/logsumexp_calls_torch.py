"""Wrong: torch.logsumexp."""

CAUGHT_BY = ()

import torch


def logsumexp(x, dim=-1):
    return torch.logsumexp(x, dim)
