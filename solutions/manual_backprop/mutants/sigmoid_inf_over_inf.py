"""Wrong: exp(x) / (1 + exp(x)) is inf / inf for large x."""

import torch

CAUGHT_BY = (
    "test_sigmoid_backward_is_stable",
    "test_sigmoid_forward_is_stable",
)
CAUSES = ("NaN*",)


def sigmoid_forward(x):
    out = torch.exp(x) / (1 + torch.exp(x))
    return out, out
