"""Wrong: multiplies the slope into the upstream, which belongs to others."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_sigmoid_calls_are_separate",
    "test_sigmoid_gradient",
    "test_sigmoid_input_changed_afterwards",
    "test_sigmoid_is_stable",
    "test_sigmoid_layouts",
    "test_sigmoid_second_derivative",
    "test_sigmoid_second_derivative_is_stable",
)
CAUSES = ("argument changed in place",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(-x.abs())
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        return upstream.mul_(out * (1 - out))
