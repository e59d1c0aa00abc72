"""Wrong: the trajectory is float64, whatever start is."""

import torch

CAUGHT_BY = ("test_gradient_descent_float32",)
CAUSES = ("wrong dtype",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = torch.zeros(steps + 1, len(start), dtype=torch.float64)
    trajectory[0] = start
    for k in range(steps):
        trajectory[k + 1] = trajectory[k] - learning_rate * grad_fn(trajectory[k].to(start.dtype))
    return trajectory
