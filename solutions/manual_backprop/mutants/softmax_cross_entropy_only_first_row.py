"""Wrong: subtracts 1 in the first row only."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    dlogits = log_probs.exp()
    dlogits[0, labels[0]] -= 1
    return -log_probs[rows, labels].mean(), dlogits / n
