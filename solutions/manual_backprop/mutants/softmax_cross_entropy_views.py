"""Wrong: view() needs contiguous logits."""

import torch

CAUGHT_BY = ("test_softmax_cross_entropy_layouts",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)
    flat = logits.view(-1)
    right = flat[rows * logits.shape[1] + labels]
    loss = (torch.logsumexp(logits, dim=1) - right).mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
