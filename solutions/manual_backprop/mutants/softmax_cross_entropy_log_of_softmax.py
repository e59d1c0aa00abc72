"""Wrong: the logarithm of a probability that has underflowed to 0 is -inf."""

import torch

CAUGHT_BY = ("test_softmax_cross_entropy_loss_is_stable",)
CAUSES = ("infinite*",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    probs = torch.softmax(logits, dim=1)
    loss = -probs[rows, labels].log().mean()
    probs[rows, labels] -= 1
    return loss, probs / n
