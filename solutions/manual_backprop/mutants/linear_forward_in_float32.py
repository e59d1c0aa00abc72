"""Wrong: computes in float32 and casts back: half the digits are gone."""

CAUGHT_BY = (
    "test_linear_batch_of_one",
    "test_linear_forward",
    "test_linear_layouts",
    "test_two_layer_net_forward",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("small error",)


def linear_forward(x, w, b):
    return (x.float() @ w.float() + b.float()).to(x.dtype), (x, w)
