"""Wrong: -log of the mean probability instead of the mean of -log; the gradient agrees with it."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_confident",
    "test_softmax_cross_entropy_float32",
    "test_softmax_cross_entropy_gradient",
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_loss",
    "test_softmax_cross_entropy_loss_is_stable",
    "test_softmax_cross_entropy_missing_classes",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    probs = torch.softmax(logits, dim=1)
    right = probs[rows, labels]
    loss = -right.mean().log()
    one_hot = torch.zeros_like(probs)
    one_hot[rows, labels] = 1
    return loss, right[:, None] * (probs - one_hot) / right.sum()
