"""Wrong: returns ones in the place of the upstream."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_round_ste_gradient",
    "test_round_ste_layouts",
    "test_round_ste_ties",
    "test_round_ste_within_a_quantiser",
)


class RoundSTE(Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, upstream):
        return torch.ones_like(upstream)
