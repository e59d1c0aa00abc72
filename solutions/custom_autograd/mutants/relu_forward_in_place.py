"""Wrong: overwrites its input."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_relu_calls_are_separate",
    "test_relu_gradient",
    "test_relu_gradient_at_zero",
    "test_relu_layouts",
    "test_relu_second_derivative",
)
CAUSES = ("argument changed in place",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.data.clamp_(min=0) + 0

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream.masked_fill(x <= 0, 0.0)
