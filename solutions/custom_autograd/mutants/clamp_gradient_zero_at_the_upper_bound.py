"""Wrong: counts the upper bound as outside."""

from torch.autograd import Function

CAUGHT_BY = ("test_clamp_gradient_at_the_bounds",)


class Clamp(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        low, high = ctx.bounds
        return upstream.masked_fill((x < low) | (x >= high), 0.0), None, None
