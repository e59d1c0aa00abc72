"""Wrong: db counts rows: the upstream is ignored."""

import torch

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, x.T @ upstream, torch.ones_like(upstream).sum(dim=0)
