"""Wrong: exp(x) / (1 + exp(x)) is inf / inf for large x."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = torch.exp(x) / (1 + torch.exp(x))
    return out, out
