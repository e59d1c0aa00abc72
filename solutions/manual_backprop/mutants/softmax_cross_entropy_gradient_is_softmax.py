"""Wrong: forgets to subtract 1 at the label."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)
    return -log_probs[rows, labels].mean(), log_probs.exp() / n
