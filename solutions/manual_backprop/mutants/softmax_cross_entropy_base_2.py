"""Wrong: the loss is in bits."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)
    loss = -log_probs[rows, labels].mean() / torch.log(torch.tensor(2.0, dtype=logits.dtype))
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
