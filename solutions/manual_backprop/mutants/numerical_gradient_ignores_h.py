"""Wrong: uses a step of its own."""

import itertools

import torch

CAUGHT_BY = ("test_numerical_gradient_uses_h",)


def numerical_gradient(f, x, h=1e-5):
    h = 1e-5 if x.dtype == torch.float64 else 1e-2
    point, gradient = x.clone(), torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = float(f(point))
        point[index] = old - h
        below = float(f(point))
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
