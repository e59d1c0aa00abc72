"""Wrong: computes in float32 and casts back: half the digits are gone."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits.float(), dim=1)
    loss = -log_probs[rows, labels].mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss.to(logits.dtype), (dlogits / n).to(logits.dtype)
