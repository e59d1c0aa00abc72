"""Wrong: keeps what f returned while x moves on: an f that returns an entry of x gives the same value twice."""

import itertools

import torch

CAUGHT_BY = ("test_numerical_gradient_of_any_shape",)
CAUSES = ("zero",)


def numerical_gradient(f, x, h=1e-5):
    point = x.clone()
    gradient = torch.zeros_like(point)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = f(point)
        point[index] = old - h
        below = f(point)
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
