"""Wrong: dw comes from the first row only."""

import torch

CAUGHT_BY = ()


def linear_backward(upstream, cache):
    x, w = cache
    return upstream @ w.T, torch.outer(x[0], upstream[0]), upstream.sum(dim=0)
