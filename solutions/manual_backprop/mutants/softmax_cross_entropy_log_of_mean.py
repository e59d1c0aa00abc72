"""Wrong: -log of the mean probability instead of the mean of -log; the gradient agrees with it."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    probs = torch.softmax(logits, dim=1)
    right = probs[rows, labels]
    loss = -right.mean().log()
    one_hot = torch.zeros_like(probs)
    one_hot[rows, labels] = 1
    return loss, right[:, None] * (probs - one_hot) / right.sum()
