"""Wrong: keeps x as an attribute of ctx, where no one notices that it is changed."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_input_changed_afterwards",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.x = x
        ctx.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)

    @staticmethod
    def backward(ctx, upstream):
        x = ctx.x
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
