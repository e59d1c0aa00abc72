"""Wrong: flattens by view, which fails on an upstream that is not contiguous."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_layouts",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return (upstream.view(-1) * (x.reshape(-1) > 0)).view(x.shape)
