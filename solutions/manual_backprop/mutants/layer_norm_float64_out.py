"""Wrong: eps as a float64 tensor makes everything float64."""

import torch

CAUGHT_BY = ("test_layer_norm_float32",)
CAUSES = ("wrong dtype",)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    eps = torch.full((x.shape[0], 1), eps, dtype=torch.float64, device=x.device)
    inverse_std = 1 / torch.sqrt(x.var(dim=1, keepdim=True, correction=0) + eps)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
