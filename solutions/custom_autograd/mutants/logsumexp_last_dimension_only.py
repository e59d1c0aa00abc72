"""Wrong: always sums along the last dimension."""

import math
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_calls_are_separate", "test_logsumexp_dimensions", "test_logsumexp_second_derivative")


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.amax(dim=-1, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return (x - largest).exp().sum(dim=-1).log() + largest.squeeze(-1)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=-1).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(-1) * weights, None
