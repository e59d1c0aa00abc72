"""Wrong: applies ReLU to the upstream as well."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
    "test_fit_random_data_by_default",
    "test_fit_random_data_descends",
    "test_relu_calls_are_separate",
    "test_relu_gradient",
    "test_relu_gradient_at_zero",
    "test_relu_input_changed_afterwards",
    "test_relu_layouts",
    "test_relu_second_derivative",
    "test_two_layer_net",
)
CAUSES = ("zero",)


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream.clamp(min=0) * (x > 0)
