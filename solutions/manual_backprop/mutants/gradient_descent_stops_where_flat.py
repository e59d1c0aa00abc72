"""Wrong: stops where the gradient vanishes, and returns fewer points than it was asked for."""

import torch

CAUGHT_BY = ("test_gradient_descent_without_steps",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    path = [start.clone()]
    for _ in range(steps):
        slope = grad_fn(path[-1].clone())
        if slope.norm() < 1e-6:
            break
        path.append(path[-1] - learning_rate * slope)
    return torch.stack(path)
