"""Wrong: flattens by view, which fails on an upstream that is not contiguous."""

from torch.autograd import Function

CAUGHT_BY = ("test_reverse_gradient_layouts",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return (-ctx.scale * upstream.view(-1)).view(upstream.shape), None
