"""Wrong: computes in float64 and forgets to cast back."""

import torch

CAUGHT_BY = (
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_float32",
    "test_sigmoid_forward_is_stable",
)
CAUSES = ("wrong dtype",)


def sigmoid_forward(x):
    out = torch.sigmoid(x.double())
    return out, out
