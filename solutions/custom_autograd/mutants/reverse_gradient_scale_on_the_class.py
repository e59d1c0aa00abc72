"""Wrong: keeps the scale on the class, where the next call overwrites it."""

from torch.autograd import Function

CAUGHT_BY = ("test_reverse_gradient_calls_are_separate",)
CAUSES = ("factor 6.667",)


class ReverseGradient(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ReverseGradient.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return -ReverseGradient.scale * upstream, None
