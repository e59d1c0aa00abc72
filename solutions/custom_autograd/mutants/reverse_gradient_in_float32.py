"""Wrong: computes the gradient in float32."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_reverse_gradient",
    "test_reverse_gradient_between_two_heads",
    "test_reverse_gradient_calls_are_separate",
    "test_reverse_gradient_layouts",
    "test_reverse_gradient_second_derivative",
)
CAUSES = ("small error",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return -ctx.scale * upstream.float(), None
