"""Wrong: torch.var divides by D - 1 unless told otherwise."""

import torch

CAUGHT_BY = ()


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / torch.sqrt(x.var(dim=1, keepdim=True) + eps)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
