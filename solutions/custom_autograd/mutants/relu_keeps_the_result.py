"""Wrong: takes the mask from the result, kept as an attribute of ctx."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_input_changed_afterwards",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.out = x.clamp(min=0)
        return ctx.out

    @staticmethod
    def backward(ctx, upstream):
        return upstream.masked_fill(ctx.out <= 0, 0.0)
