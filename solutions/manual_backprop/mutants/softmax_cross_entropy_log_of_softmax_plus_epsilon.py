"""Wrong: A small number inside the logarithm hides the infinity, and makes the loss wrong."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_confident",
    "test_softmax_cross_entropy_float32",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_loss",
    "test_softmax_cross_entropy_loss_is_stable",
    "test_softmax_cross_entropy_missing_classes",
    "test_two_layer_net_float32",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    probs = torch.softmax(logits, dim=1)
    loss = -(probs[rows, labels] + 1e-4).log().mean()
    probs[rows, labels] -= 1
    return loss, probs / n
