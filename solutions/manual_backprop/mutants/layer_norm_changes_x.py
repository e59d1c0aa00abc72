"""Wrong: centers x in place."""

import torch

CAUGHT_BY = (
    "test_layer_norm_backward_dgamma_dbeta",
    "test_layer_norm_backward_dx",
    "test_layer_norm_batch_of_one",
    "test_layer_norm_caches_are_separate",
    "test_layer_norm_constant_rows",
    "test_layer_norm_eps",
    "test_layer_norm_float32",
    "test_layer_norm_forward",
    "test_layer_norm_layouts",
)
CAUSES = ("argument changed in place",)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    x -= x.mean(dim=1, keepdim=True)
    inverse_std = 1 / torch.sqrt((x**2).mean(dim=1, keepdim=True) + eps)
    x_hat = x * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
