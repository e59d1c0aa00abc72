"""Wrong: keeps x as an attribute of ctx, where no one notices that it is changed."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_input_changed_afterwards",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        x = ctx.x
        return upstream.masked_fill(x <= 0, 0.0)
