"""Wrong: squeeze() eats a batch of one."""

import torch

CAUGHT_BY = (
    "test_sigmoid_float32",
    "test_sigmoid_forward_is_stable",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


def sigmoid_forward(x):
    out = torch.sigmoid(x).squeeze()
    return out, out
