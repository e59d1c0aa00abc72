"""Wrong: stacks the contributions of the rows, of which an empty batch has none."""

import torch

CAUGHT_BY = ("test_linear_empty_batch",)


def linear_backward(upstream, cache):
    x, w = cache
    dw = torch.stack([torch.outer(row, up) for row, up in zip(x, upstream)]).sum(dim=0)
    return upstream @ w.T, dw, upstream.sum(dim=0)
