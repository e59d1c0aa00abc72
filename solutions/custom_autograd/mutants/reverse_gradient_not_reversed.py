"""Wrong: forgets the sign."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_reverse_gradient",
    "test_reverse_gradient_between_two_heads",
    "test_reverse_gradient_calls_are_separate",
    "test_reverse_gradient_layouts",
    "test_reverse_gradient_second_derivative",
)
CAUSES = ("factor -1",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return ctx.scale * upstream, None
