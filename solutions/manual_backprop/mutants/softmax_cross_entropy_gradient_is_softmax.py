"""Wrong: forgets to subtract 1 at the label."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_confident",
    "test_softmax_cross_entropy_float32",
    "test_softmax_cross_entropy_gradient",
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_missing_classes",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_two_layer_net_float32",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("NaN*",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)
    return -log_probs[rows, labels].mean(), log_probs.exp() / n
