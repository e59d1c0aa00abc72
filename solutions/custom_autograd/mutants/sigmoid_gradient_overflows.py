"""Wrong: takes the slope from exp(-x), which overflows."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_is_stable", "test_sigmoid_second_derivative_is_stable")
CAUSES = ("NaN*",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(-x.abs())
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        ctx.save_for_backward(x)
        return out

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream * torch.exp(-x) / (1 + torch.exp(-x)) ** 2
