"""Wrong: mean and variance of each column: that is batch normalisation."""

import torch

CAUGHT_BY = ()


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / torch.sqrt(x.var(dim=0, keepdim=True, correction=0) + eps)
    x_hat = (x - x.mean(dim=0, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
