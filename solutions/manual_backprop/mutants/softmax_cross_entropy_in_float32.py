"""Wrong: computes in float32 and casts back: half the digits are gone."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_confident",
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_loss",
    "test_softmax_cross_entropy_loss_is_stable",
    "test_softmax_cross_entropy_missing_classes",
    "test_two_layer_net_leaves_params_alone",
    "test_two_layer_net_loss_and_grads",
    "test_two_layer_net_small_batches",
    "test_two_layer_net_uses_current_params",
    "test_two_layer_net_weight_decay",
)
CAUSES = ("small error",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits.float(), dim=1)
    loss = -log_probs[rows, labels].mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss.to(logits.dtype), (dlogits / n).to(logits.dtype)
