"""Wrong: float64 one-hot labels make the gradient of float32 logits float64."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_float32",
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_train_spiral_arguments",
    "test_train_spiral_sizes",
    "test_train_spiral_whole_batch",
    "test_two_layer_net_float32",
)
CAUSES = ("wrong dtype",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    one_hot = torch.eye(logits.shape[1], dtype=torch.float64, device=logits.device)[labels]
    return -log_probs[rows, labels].mean(), (log_probs.exp() - one_hot) / n
