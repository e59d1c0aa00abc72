"""Wrong: keeps x as an attribute of ctx, where no one notices that it is changed."""

from torch.autograd import Function

CAUGHT_BY = ("test_clamp_input_changed_afterwards",)


class Clamp(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.x = x
        ctx.bounds = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, upstream):
        x = ctx.x
        low, high = ctx.bounds
        return upstream.masked_fill((x < low) | (x > high), 0.0), None, None
