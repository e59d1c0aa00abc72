"""Wrong: takes exp of x as it is."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_is_stable",)
CAUSES = ("infinite*",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        return x.exp().sum(dim=dim).log()

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
