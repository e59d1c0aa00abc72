"""Wrong: writes zeros into the upstream, which belongs to others."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_relu_calls_are_separate",
    "test_relu_gradient",
    "test_relu_gradient_at_zero",
    "test_relu_input_changed_afterwards",
    "test_relu_layouts",
    "test_relu_second_derivative",
)
CAUSES = ("argument changed in place",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        upstream[x <= 0] = 0
        return upstream
