"""Wrong: returns what it has when f raises."""

import itertools

import torch

CAUGHT_BY = ("test_numerical_gradient_restores_x_when_f_raises",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        try:
            point[index] = old + h
            above = float(f(point))
            point[index] = old - h
            below = float(f(point))
        except Exception:
            return gradient
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
