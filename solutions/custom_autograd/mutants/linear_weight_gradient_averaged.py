"""Wrong: averages the weight's gradient over the rows."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_linear_calls_are_separate",
    "test_linear_computes_only_what_is_needed",
    "test_linear_empty_batch",
    "test_linear_gradients",
    "test_linear_input_changed_afterwards",
    "test_linear_layouts",
    "test_linear_leading_dimensions",
    "test_linear_second_derivatives",
    "test_linear_without_bias",
    "test_two_layer_net",
)
CAUSES = ("NaN*", "factor 0.*", "factor 1/*")


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
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) / len(rows) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
