"""Wrong: the slope s (1 - s) is taken of x instead of the output."""

import torch

CAUGHT_BY = (
    "test_sigmoid_backward",
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_caches_are_separate",
    "test_sigmoid_float32",
    "test_sigmoid_layouts",
)


def sigmoid_forward(x):
    return torch.sigmoid(x), x
