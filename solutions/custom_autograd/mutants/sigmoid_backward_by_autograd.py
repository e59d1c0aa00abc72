"""Wrong: computes forward again in backward, and lets autograd differentiate it."""

import torch
from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_gradient",)


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
        with torch.enable_grad():
            y = x if x.requires_grad else x.detach().requires_grad_()
            return torch.autograd.grad(torch.sigmoid(y), y, upstream, create_graph=torch.is_grad_enabled())
