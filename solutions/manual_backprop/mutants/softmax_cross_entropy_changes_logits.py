"""Wrong: subtracts the maximum in place."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    logits -= logits.max(dim=1, keepdim=True).values
    log_probs = logits - logits.exp().sum(dim=1, keepdim=True).log()
    loss = -log_probs[rows, labels].mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
