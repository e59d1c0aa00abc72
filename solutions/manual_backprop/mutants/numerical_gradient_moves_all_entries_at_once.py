"""Wrong: steps in every entry at the same time and gives each the same difference."""

import torch

CAUGHT_BY = ()


def numerical_gradient(f, x, h=1e-5):
    return torch.full_like(x, (float(f(x + h)) - float(f(x - h))) / (2 * h))
