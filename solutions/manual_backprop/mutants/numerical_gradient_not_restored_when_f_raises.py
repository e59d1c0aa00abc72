"""Wrong: restores x only when f returns."""

import itertools

import torch

CAUGHT_BY = ("test_numerical_gradient_restores_x_when_f_raises",)
CAUSES = ("argument changed in place",)


def numerical_gradient(f, x, h=1e-5):
    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = x[index].item()
        x[index] = old + h
        above = float(f(x))
        x[index] = old - h
        below = float(f(x))
        x[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
