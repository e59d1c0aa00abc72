"""Wrong: subtracts the largest entry of all, so other slices underflow; there is none of no entries."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_empty_batch", "test_logsumexp_is_stable")
CAUSES = ("infinite*",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.max()
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return (x - largest).exp().sum(dim=dim).log() + largest

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
