"""Wrong: inserts the lost dimension into a list of sizes: a negative dim is one off."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_dimensions", "test_logsumexp_layouts", "test_logsumexp_second_derivative")


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
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        shape = list(upstream.shape)
        shape.insert(ctx.dim, 1)
        return upstream.reshape(shape) * weights, None
