"""Wrong: leaves the bias out."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_linear_gradients",
    "test_linear_layouts",
    "test_linear_leading_dimensions",
    "test_two_layer_net",
)
CAUSES = ("constant offset",)


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        return out

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
