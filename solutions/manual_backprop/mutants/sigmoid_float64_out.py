"""Wrong: computes in float64 and forgets to cast back."""

import torch

CAUGHT_BY = ()


def sigmoid_forward(x):
    out = torch.sigmoid(x.double())
    return out, out
