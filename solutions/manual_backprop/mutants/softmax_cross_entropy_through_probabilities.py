"""Wrong: right on paper: through 1/p and the whole Jacobian, which is inf times 0 where p has underflowed."""

import torch

CAUGHT_BY = ("test_softmax_cross_entropy_gradient_is_stable",)
CAUSES = ("NaN*",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    probs = log_probs.exp()
    dprobs = torch.zeros_like(probs)
    dprobs[rows, labels] = -1 / probs[rows, labels] / n
    return -log_probs[rows, labels].mean(), probs * (dprobs - (probs * dprobs).sum(dim=1, keepdim=True))
