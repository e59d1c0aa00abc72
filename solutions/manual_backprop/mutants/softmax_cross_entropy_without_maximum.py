"""Wrong: exp overflows for large logits."""

import torch

CAUGHT_BY = ()


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    e = logits.exp()
    total = e.sum(dim=1, keepdim=True)
    loss = (total.log()[:, 0] - logits[rows, labels]).mean()
    dlogits = e / total
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
