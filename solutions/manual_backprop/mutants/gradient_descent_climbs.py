"""Wrong: goes up the gradient instead of down."""

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
        trajectory.append(trajectory[-1] + learning_rate * grad_fn(trajectory[-1]))
    return torch.stack(trajectory)
