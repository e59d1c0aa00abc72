"""Wrong: detaches the result in backward: half of the second derivative is lost."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_second_derivative", "test_sigmoid_second_derivative_is_stable")
CAUSES = ("zero",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(-x.abs())
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, upstream):
        out = ctx.saved_tensors[0].detach()
        return upstream * out * (1 - out)
