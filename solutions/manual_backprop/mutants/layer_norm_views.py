"""Wrong: view() needs a contiguous x."""

import torch

CAUGHT_BY = ("test_layer_norm_layouts",)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    rows, features = x.shape
    flat = x.view(-1)
    x_rows = flat.reshape(rows, features)
    inverse_std = 1 / torch.sqrt(x_rows.var(dim=1, keepdim=True, correction=0) + eps)
    x_hat = (x_rows - x_rows.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
