"""Wrong: forbids second derivatives."""

from torch.autograd import Function
from torch.autograd.function import once_differentiable

CAUGHT_BY = ("test_linear_leading_dimensions", "test_linear_second_derivatives")
CAUSES = ("zero",)


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        return out if bias is None else out + bias

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
