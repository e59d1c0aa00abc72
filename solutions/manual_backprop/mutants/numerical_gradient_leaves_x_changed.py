"""Wrong: Works on x itself and never writes the old values back."""

import itertools

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
    "test_numerical_gradient_restores_x",
    "test_numerical_gradient_restores_x_when_f_raises",
    "test_numerical_gradient_uses_h",
)
CAUSES = ("argument changed in place",)


def numerical_gradient(f, x, h=1e-5):
    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = x[index].item()
        x[index] = old + h
        above = float(f(x))
        x[index] = old - h
        below = float(f(x))
        gradient[index] = (above - below) / (2 * h)
    return gradient
