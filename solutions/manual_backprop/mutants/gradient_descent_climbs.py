"""Wrong: goes up the gradient instead of down."""

import torch

CAUGHT_BY = ()


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = [start]
    for _ in range(steps):
        trajectory.append(trajectory[-1] + learning_rate * grad_fn(trajectory[-1]))
    return torch.stack(trajectory)
