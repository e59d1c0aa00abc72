"""Wrong: keeps x and weight on the class, where the next call overwrites them."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_is_built_from_functions",
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
    "test_fit_random_data_arguments",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_seed",
    "test_fit_random_data_without_optimizer",
    "test_linear_calls_are_separate",
    "test_linear_input_changed_afterwards",
    "test_two_layer_net",
    "test_two_layer_net_is_built_from_functions",
)


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        Linear.saved = x, weight
        out = x @ weight.T
        return out if bias is None else out + bias

    @staticmethod
    def backward(ctx, upstream):
        x, weight = Linear.saved
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
