"""Wrong: the first point is start itself, and each update writes into it."""

import torch

CAUGHT_BY = (
    "test_gradient_descent_float32",
    "test_gradient_descent_keeps_start",
    "test_gradient_descent_leaves_gradient_alone",
    "test_gradient_descent_on_a_bowl",
    "test_gradient_descent_two_valleys",
    "test_gradient_descent_without_steps",
)
CAUSES = ("argument changed in place",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    v = start
    trajectory = [v.clone()]
    for _ in range(steps):
        v -= learning_rate * grad_fn(v)
        trajectory.append(v.clone())
    return torch.stack(trajectory)
