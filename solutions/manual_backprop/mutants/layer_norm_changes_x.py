"""Wrong: centers x in place."""

import torch

CAUGHT_BY = ()


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    x -= x.mean(dim=1, keepdim=True)
    inverse_std = 1 / torch.sqrt((x**2).mean(dim=1, keepdim=True) + eps)
    x_hat = x * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
