"""Wrong: cuts the upstream off from the graph, so there is no second derivative."""

from torch.autograd import Function

CAUGHT_BY = ("test_reverse_gradient_second_derivative",)
CAUSES = ("backward is cut off from the graph",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return -ctx.scale * upstream.detach(), None
