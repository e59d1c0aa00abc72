"""Wrong: dx is the derivative of the sum of the outputs: the upstream is ignored."""

import torch

CAUGHT_BY = (
    "test_linear_backward_dx",
    "test_linear_batch_of_one",
    "test_linear_caches_are_separate",
    "test_linear_float32",
    "test_linear_layouts",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("upstream ignored",)


def linear_backward(upstream, cache):
    x, w = cache
    return torch.ones_like(upstream) @ w.T, x.T @ upstream, upstream.sum(dim=0)
