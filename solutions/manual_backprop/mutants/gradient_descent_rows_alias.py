"""Wrong: appends the same tensor again and again, so every row shows the last point."""

import torch

CAUGHT_BY = ()


def gradient_descent(grad_fn, start, learning_rate, steps):
    v = start.clone()
    trajectory = [v]
    for _ in range(steps):
        v -= learning_rate * grad_fn(v)
        trajectory.append(v)
    return torch.stack(trajectory)
