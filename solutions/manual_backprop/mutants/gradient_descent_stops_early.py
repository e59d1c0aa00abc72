"""Wrong: stops when a step is short, so the trajectory lacks rows."""

import torch

CAUGHT_BY = (
    "test_gradient_descent_float32",
    "test_gradient_descent_leaves_gradient_alone",
    "test_gradient_descent_on_a_bowl",
    "test_gradient_descent_two_valleys",
    "test_gradient_descent_without_steps",
)


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = [start]
    for _ in range(steps):
        step = learning_rate * grad_fn(trajectory[-1])
        if step.norm() < 1.0:
            break
        trajectory.append(trajectory[-1] - step)
    return torch.stack(trajectory)
