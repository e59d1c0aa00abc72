"""Wrong: dlogits[:, labels] -= 1 hits every row at the labels of all rows."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    dlogits = log_probs.exp()
    dlogits[:, labels] -= 1
    return -log_probs[rows, labels].mean(), dlogits / n
