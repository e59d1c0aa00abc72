"""Wrong: softmax over the rows instead of the classes: the wrong axis."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=0)
    loss = -log_probs[rows, labels].mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
