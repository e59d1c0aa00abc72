"""Wrong: only the diagonal of softmax's Jacobian: the other classes get no gradient."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    probs = log_probs.exp()
    dprobs = torch.zeros_like(probs)
    dprobs[rows, labels] = -1 / probs[rows, labels] / n
    return -log_probs[rows, labels].mean(), dprobs * probs * (1 - probs)
