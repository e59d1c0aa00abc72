"""Wrong: new tensors without a dtype are float32: digits are lost for float64."""

import torch

CAUGHT_BY = (
    "test_gradient_descent_keeps_start",
    "test_gradient_descent_leaves_gradient_alone",
    "test_gradient_descent_on_a_bowl",
    "test_gradient_descent_two_valleys",
    "test_gradient_descent_without_steps",
)
CAUSES = ("wrong dtype",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = torch.zeros(steps + 1, len(start))
    trajectory[0] = start
    v = start
    for k in range(steps):
        v = v - learning_rate * grad_fn(v)
        trajectory[k + 1] = v
    return trajectory
