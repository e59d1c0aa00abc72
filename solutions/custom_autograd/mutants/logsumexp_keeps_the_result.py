"""Wrong: keeps the result as an attribute of ctx, where no one notices that it is changed."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_input_changed_afterwards",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        ctx.out = (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)
        return ctx.out

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = (x - ctx.out.unsqueeze(ctx.dim)).exp().masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
