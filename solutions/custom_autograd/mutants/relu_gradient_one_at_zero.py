"""Wrong: lets the gradient pass at 0."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_gradient_at_zero",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream.masked_fill(x < 0, 0.0)
