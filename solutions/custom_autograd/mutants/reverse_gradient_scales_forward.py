"""Wrong: scales the value as well."""

from torch.autograd import Function

CAUGHT_BY = ("test_reverse_gradient", "test_reverse_gradient_between_two_heads", "test_reverse_gradient_layouts")
CAUSES = ("factor 0.*",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x * scale

    @staticmethod
    def backward(ctx, upstream):
        return -ctx.scale * upstream, None
