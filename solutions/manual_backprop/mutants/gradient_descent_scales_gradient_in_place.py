"""Wrong: multiplies what grad_fn returned by the learning rate in place; that may be the point itself."""

import torch

CAUGHT_BY = ("test_gradient_descent_leaves_gradient_alone",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = [start.clone()]
    for _ in range(steps):
        v = trajectory[-1].clone()
        step = grad_fn(v)
        step *= learning_rate
        trajectory.append(v - step)
    return torch.stack(trajectory)
