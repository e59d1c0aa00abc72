"""Wrong: flattens by view, which fails on an upstream that is not contiguous."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_layouts",)


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
        return (upstream.view(-1) * (out * (1 - out)).reshape(-1)).view(out.shape)
