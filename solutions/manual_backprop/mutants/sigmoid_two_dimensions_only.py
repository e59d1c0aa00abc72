"""Wrong: loops over rows and columns; x may have other dimensions."""

import torch

CAUGHT_BY = ("test_sigmoid_layouts",)


def sigmoid_forward(x):
    out = torch.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = torch.sigmoid(x[i, j]).item()
    return out, out
