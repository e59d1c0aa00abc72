"""Wrong: squeeze() eats a batch of one."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = torch.sigmoid(x).squeeze()
    return out, out
