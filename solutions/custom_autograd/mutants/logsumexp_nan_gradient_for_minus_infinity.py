"""Wrong: has a gradient of NaN where a slice holds -inf only."""

from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_of_minus_infinity",)
CAUSES = ("NaN*",)


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
        weights = x.softmax(dim=ctx.dim)
        return upstream.unsqueeze(ctx.dim) * weights, None
