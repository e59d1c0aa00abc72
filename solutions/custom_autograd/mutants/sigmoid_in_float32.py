"""Wrong: computes in float32."""

import torch
from torch.autograd import Function

CAUGHT_BY = (
    "test_sigmoid_calls_are_separate",
    "test_sigmoid_gradient",
    "test_sigmoid_input_changed_afterwards",
    "test_sigmoid_layouts",
    "test_sigmoid_second_derivative",
    "test_sigmoid_second_derivative_is_stable",
)
CAUSES = ("small error",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        out = torch.sigmoid(x.float()).to(x.dtype)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        return upstream * out * (1 - out)
