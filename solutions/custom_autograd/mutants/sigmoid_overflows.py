"""Wrong: divides inf by inf for large x."""

from torch.autograd import Function

CAUGHT_BY = ("test_sigmoid_is_stable", "test_sigmoid_second_derivative_is_stable")
CAUSES = ("NaN*",)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        out = x.exp() / (1 + x.exp())
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        return upstream * out * (1 - out)
