"""Wrong: returns float32 for a float64 input."""

from torch.autograd import Function

CAUGHT_BY = (
    "test_dynamic_net_is_built_from_functions",
    "test_dynamic_net_once",
    "test_dynamic_net_shares_its_middle_layer",
    "test_dynamic_net_small_batches",
    "test_fit_random_data_arguments",
    "test_fit_random_data_descends",
    "test_fit_random_data_keeps_the_dtype",
    "test_fit_random_data_seed",
    "test_fit_random_data_without_optimizer",
    "test_relu_calls_are_separate",
    "test_relu_gradient",
    "test_relu_gradient_at_zero",
    "test_relu_in_the_worked_example",
    "test_relu_input_changed_afterwards",
    "test_relu_layouts",
    "test_relu_second_derivative",
    "test_two_layer_net",
    "test_two_layer_net_is_built_from_functions",
    "test_two_layer_net_small_batches",
)
CAUSES = ("small error", "wrong dtype")


class ReLU(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.float().clamp(min=0)

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return upstream.masked_fill(x <= 0, 0.0)
