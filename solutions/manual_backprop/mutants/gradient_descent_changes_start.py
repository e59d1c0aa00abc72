"""Wrong: the first point is start itself, and each update writes into it."""

import torch

CAUGHT_BY = ()


def gradient_descent(grad_fn, start, learning_rate, steps):
    v = start
    trajectory = [v.clone()]
    for _ in range(steps):
        v -= learning_rate * grad_fn(v)
        trajectory.append(v.clone())
    return torch.stack(trajectory)
