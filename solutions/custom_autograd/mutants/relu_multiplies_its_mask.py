"""Wrong: multiplies the upstream into its own mask: a second backward is wrong."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_calls_are_separate", "test_relu_in_the_worked_example")


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mask = (x > 0).to(x.dtype)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        return ctx.mask.mul_(upstream)
