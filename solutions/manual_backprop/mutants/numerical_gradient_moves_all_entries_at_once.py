"""Wrong: steps in every entry at the same time and gives each the same difference."""

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
    "test_numerical_gradient_restores_x",
    "test_numerical_gradient_uses_h",
)


def numerical_gradient(f, x, h=1e-5):
    return torch.full_like(x, (float(f(x + h)) - float(f(x - h))) / (2 * h))
