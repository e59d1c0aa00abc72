"""Wrong: takes the gradient at start for every step."""

import torch

CAUGHT_BY = (
    "test_gradient_descent_float32",
    "test_gradient_descent_leaves_gradient_alone",
    "test_gradient_descent_on_a_bowl",
    "test_gradient_descent_two_valleys",
)


def gradient_descent(grad_fn, start, learning_rate, steps):
    gradient = grad_fn(start)
    return torch.stack([start - k * learning_rate * gradient for k in range(steps + 1)])
