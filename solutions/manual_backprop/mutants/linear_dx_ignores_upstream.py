"""Wrong: dx is the derivative of the sum of the outputs: the upstream is ignored."""

import torch

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return torch.ones_like(upstream) @ w.T, x.T @ upstream, upstream.sum(dim=0)
