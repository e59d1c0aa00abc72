"""Wrong: one maximum for all slices."""

CAUGHT_BY = ()

import torch


def logsumexp(x, dim=-1):
    if x.numel() == 0:
        return x.sum(dim)
    top = x.max()
    return (x - top).exp().sum(dim).log() + top
