"""Wrong: 1 / (1 + exp(x)) falls where it should rise."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = torch.sigmoid(-x)
    return out, out
