"""Wrong: dim stays with size 1."""

CAUGHT_BY = ()

import torch


def logsumexp(x, dim=-1):
    top = x.amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0.0)
    return (x - top).exp().sum(dim, keepdim=True).log() + top
