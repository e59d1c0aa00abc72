"""Wrong: the trajectory has only the points after an update; none at all cannot be stacked."""

import torch

CAUGHT_BY = ()


def gradient_descent(grad_fn, start, learning_rate, steps):
    v, trajectory = start, []
    for _ in range(steps):
        v = v - learning_rate * grad_fn(v)
        trajectory.append(v)
    return torch.stack(trajectory)
