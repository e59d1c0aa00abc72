"""Wrong: keeps dim on the class, where the next call overwrites it."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_calls_are_separate",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        LogSumExp.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=LogSumExp.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(LogSumExp.dim) * weights, None
