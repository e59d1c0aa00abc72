"""Wrong: A small number inside the logarithm hides the infinity, and makes the loss wrong."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    probs = torch.softmax(logits, dim=1)
    loss = -(probs[rows, labels] + 1e-8).log().mean()
    probs[rows, labels] -= 1
    return loss, probs / n
