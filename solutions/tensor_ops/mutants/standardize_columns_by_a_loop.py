"""Wrong: a loop over columns."""

import torch

CAUGHT_BY = ("test_standardize_without_a_loop",)
CAUSES = ("a Python loop",)


def standardize(x, eps=1e-5):
    out = torch.empty_like(x)
    for d in range(x.shape[1]):
        out[:, d] = (x[:, d] - x[:, d].mean()) / ((x[:, d] - x[:, d].mean()).square().mean() + eps).sqrt()
    return out
