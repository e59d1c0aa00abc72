"""Wrong: keeps the result as an attribute of ctx, where no one notices that it is changed."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_input_changed_afterwards",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(-x.abs())
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        ctx.out = out
        return out

    @staticmethod
    def backward(ctx, upstream):
        out = ctx.out
        return upstream * out * (1 - out)
