"""Wrong: cuts the upstream off from the graph, so there is no second derivative."""

from torch.autograd import Function

CAUGHT_BY = ("test_relu_second_derivative",)
CAUSES = ("backward is cut off from the graph",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream.detach().masked_fill(x <= 0, 0.0)
