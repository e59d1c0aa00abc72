"""Wrong: one-sided differences: (f(x + h) - f(x)) / h."""

import itertools

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
    "test_numerical_gradient_uses_h",
)
CAUSES = ("small error",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros_like(x)
    here = float(f(point))
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        gradient[index] = (float(f(point)) - here) / h
        point[index] = old
    return gradient
