"""Wrong: the result is a new float32 tensor, whatever x is."""

import itertools

import torch

CAUGHT_BY = (
    "test_numerical_gradient_is_accurate",
    "test_numerical_gradient_layouts",
    "test_numerical_gradient_of_any_shape",
    "test_numerical_gradient_restores_x",
    "test_numerical_gradient_uses_h",
)
CAUSES = ("wrong dtype",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros(x.shape)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = float(f(point))
        point[index] = old - h
        below = float(f(point))
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
