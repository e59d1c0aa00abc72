"""Wrong: puts start in front of the stacked updates, which cannot be stacked when there are none."""

import torch

CAUGHT_BY = ("test_gradient_descent_without_steps",)


def gradient_descent(grad_fn, start, learning_rate, steps):
    v, updates = start, []
    for _ in range(steps):
        v = v - learning_rate * grad_fn(v)
        updates.append(v)
    return torch.cat([start[None], torch.stack(updates)])
