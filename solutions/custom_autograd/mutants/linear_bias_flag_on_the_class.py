"""Wrong: notes on the class whether there is a bias."""

from torch.autograd import Function

CAUGHT_BY = ("test_linear_calls_are_separate", "test_linear_computes_only_what_is_needed")


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        Linear.has_bias = bias is not None
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        return out if bias is None else out + bias

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if Linear.has_bias and len(ctx.needs_input_grad) == 3 else None
        return dx, dweight, dbias
