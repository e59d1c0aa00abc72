"""Wrong: returns the local derivative only."""

CAUGHT_BY = (
    "test_relu_backward",
    "test_relu_backward_at_zero",
    "test_relu_caches_are_separate",
    "test_relu_float32",
    "test_relu_layouts",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("upstream ignored",)


def relu_backward(upstream, cache):
    return cache.to(upstream.dtype)
