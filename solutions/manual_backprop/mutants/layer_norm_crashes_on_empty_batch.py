"""Wrong: stacks the gradients of the rows, of which an empty batch has none."""

import torch

CAUGHT_BY = ("test_layer_norm_empty_batch",)


def layer_norm_backward(upstream, cache):
    x_hat, inverse_std, gamma = cache
    rows = []
    for h, s, u in zip(x_hat, inverse_std, upstream):
        g = u * gamma
        rows.append(s * (g - g.mean() - h * (g * h).mean()))
    return torch.stack(rows), (upstream * x_hat).sum(dim=0), upstream.sum(dim=0)
