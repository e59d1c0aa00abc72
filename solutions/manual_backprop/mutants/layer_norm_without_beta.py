"""Wrong: forgets to add beta."""

import torch

CAUGHT_BY = (
    "test_layer_norm_batch_of_one",
    "test_layer_norm_constant_rows",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
    "test_layer_norm_forward",
    "test_layer_norm_layouts",
)
CAUSES = ("constant offset",)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / torch.sqrt(x.var(dim=1, keepdim=True, correction=0) + eps)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat, (x_hat, inverse_std, gamma)
