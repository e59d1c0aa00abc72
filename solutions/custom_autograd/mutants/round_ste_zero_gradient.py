"""Wrong: returns the true derivative, 0."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_round_ste_gradient",
    "test_round_ste_layouts",
    "test_round_ste_ties",
    "test_round_ste_within_a_quantiser",
)
CAUSES = ("zero",)


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, upstream):
        return torch.zeros_like(upstream)
