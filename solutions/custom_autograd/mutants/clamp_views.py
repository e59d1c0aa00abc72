"""Wrong: flattens by view, which fails on what is not contiguous."""

from torch.autograd import Function

CAUGHT_BY = ("test_clamp_layouts",)


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
        return (upstream.view(-1) * ((x >= low) & (x <= high)).reshape(-1)).view(x.shape), None, None
