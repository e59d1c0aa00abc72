"""Wrong: float64 one-hot labels make the gradient of float32 logits float64."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    one_hot = torch.eye(logits.shape[1], dtype=torch.float64, device=logits.device)[labels]
    return -log_probs[rows, labels].mean(), (log_probs.exp() - one_hot) / n
