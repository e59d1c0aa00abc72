"""Wrong: tanh(x) instead of tanh(x / 2) in the stable formula."""

import torch

CAUGHT_BY = (
    "test_sigmoid_backward",
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_caches_are_separate",
    "test_sigmoid_float32",
    "test_sigmoid_forward",
    "test_sigmoid_layouts",
)


def sigmoid_forward(x):
    out = (1 + torch.tanh(x)) / 2
    return out, out
