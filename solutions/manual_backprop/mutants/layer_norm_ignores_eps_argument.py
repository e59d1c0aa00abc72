"""Wrong: always uses 1e-5."""

import torch

CAUGHT_BY = (
    "test_layer_norm_constant_rows",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / torch.sqrt(x.var(dim=1, keepdim=True, correction=0) + 1e-5)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
