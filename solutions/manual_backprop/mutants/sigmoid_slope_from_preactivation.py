"""Wrong: the slope s (1 - s) is taken of x instead of the output."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    return torch.sigmoid(x), x
