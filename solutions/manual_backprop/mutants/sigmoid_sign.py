"""Wrong: 1 / (1 + exp(x)) falls where it should rise."""

import torch

CAUGHT_BY = (
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_float32",
    "test_sigmoid_forward",
    "test_sigmoid_forward_is_stable",
    "test_sigmoid_layouts",
)


def sigmoid_forward(x):
    out = torch.sigmoid(-x)
    return out, out
