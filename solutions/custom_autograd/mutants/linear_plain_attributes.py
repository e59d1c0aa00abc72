"""Wrong: keeps x and weight as attributes of ctx, where no one notices that they are changed."""

from torch.autograd import Function

CAUGHT_BY = ("test_linear_input_changed_afterwards",)


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.saved = x, weight
        out = x @ weight.T
        return out if bias is None else out + bias

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
