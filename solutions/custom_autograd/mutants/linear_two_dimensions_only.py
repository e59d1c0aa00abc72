"""Wrong: knows one leading dimension only."""

from torch.autograd import Function

CAUGHT_BY = ("test_linear_empty_batch", "test_linear_layouts", "test_linear_leading_dimensions")


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        return out if bias is None else out + bias

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        dx = upstream @ weight if for_x else None
        dweight = upstream.T @ x if for_weight else None
        dbias = upstream.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
