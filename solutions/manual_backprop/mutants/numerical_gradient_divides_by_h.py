"""Wrong: divides the central difference by h instead of 2h."""

import itertools

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
    "test_numerical_gradient_restores_x",
    "test_numerical_gradient_uses_h",
)
CAUSES = ("factor 2",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = float(f(point))
        point[index] = old - h
        below = float(f(point))
        point[index] = old
        gradient[index] = (above - below) / h
    return gradient
