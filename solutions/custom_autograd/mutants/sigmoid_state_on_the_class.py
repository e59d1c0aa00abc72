"""Wrong: keeps the result on the class, where the next call overwrites it."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_sigmoid_calls_are_separate",
    "test_sigmoid_input_changed_afterwards",
    "test_sigmoid_second_derivative",
    "test_sigmoid_second_derivative_is_stable",
)
CAUSES = ("zero",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(-x.abs())
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        Sigmoid.out = out.detach()
        return out

    @staticmethod
    def backward(ctx, upstream):
        out = Sigmoid.out
        return upstream * out * (1 - out)
