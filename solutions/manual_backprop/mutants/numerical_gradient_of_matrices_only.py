"""Wrong: loops over exactly two dimensions."""

import torch

CAUGHT_BY = ("test_numerical_gradient_of_any_shape",)


def numerical_gradient(f, x, h=1e-5):
    point, gradient = x.clone(), torch.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            old = point[i, j].item()
            point[i, j] = old + h
            above = float(f(point))
            point[i, j] = old - h
            below = float(f(point))
            point[i, j] = old
            gradient[i, j] = (above - below) / (2 * h)
    return gradient
