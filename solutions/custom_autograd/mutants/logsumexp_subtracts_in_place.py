"""Wrong: subtracts the maximum from x itself."""

import math
from torch.autograd import Function

CAUGHT_BY = (
    "test_logsumexp_calls_are_separate",
    "test_logsumexp_dimensions",
    "test_logsumexp_empty_batch",
    "test_logsumexp_gradient",
    "test_logsumexp_is_stable",
    "test_logsumexp_layouts",
    "test_logsumexp_of_minus_infinity",
    "test_logsumexp_second_derivative",
)
CAUSES = ("argument changed in place",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)
        return x.data.sub_(largest).exp().sum(dim=dim).log() + largest.squeeze(dim)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
