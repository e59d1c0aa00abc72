"""Wrong: detaches x in backward: the second derivative by x is lost."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_second_derivative",)
CAUSES = ("zero",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.detach().softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
