"""Wrong: takes a scale of 0 for none given, and uses 1."""

from torch.autograd import Function

CAUGHT_BY = ("test_reverse_gradient_calls_are_separate",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale or 1.0
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return -ctx.scale * upstream, None
