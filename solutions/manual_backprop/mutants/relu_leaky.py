"""Wrong: A little gradient and a little output leak through below 0."""

import torch

CAUGHT_BY = (
    "test_relu_backward",
    "test_relu_backward_at_zero",
    "test_relu_caches_are_separate",
    "test_relu_float32",
    "test_relu_forward",
    "test_relu_layouts",
    "test_two_layer_net_float32",
    "test_two_layer_net_forward",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)


def relu_forward(x):
    return torch.where(x > 0, x, 0.01 * x), x


def relu_backward(upstream, cache):
    return torch.where(cache > 0, upstream, 0.01 * upstream)
