"""Wrong: adds up over the rows, in the loss and in the gradient."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)
    loss = -log_probs[rows, labels].sum()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits
