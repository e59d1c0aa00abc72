"""Wrong: tanh(x) instead of tanh(x / 2) in the stable formula."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = (1 + torch.tanh(x)) / 2
    return out, out
