"""Wrong: updates the coordinates one after the other, each seeing the new values of those before."""

import torch

CAUGHT_BY = ("test_gradient_descent_two_valleys",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    trajectory = [start]
    for _ in range(steps):
        v = trajectory[-1].clone()
        for i in range(len(v)):
            v[i] = v[i] - learning_rate * grad_fn(v)[i]
        trajectory.append(v)
    return torch.stack(trajectory)
