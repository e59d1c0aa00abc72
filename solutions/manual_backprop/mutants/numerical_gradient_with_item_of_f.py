"""Wrong: calls .item() on what f returns, which may be a Python float."""

import itertools

import torch

CAUGHT_BY = ("test_numerical_gradient_of_any_shape",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = f(point).item()
        point[index] = old - h
        below = f(point).item()
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
