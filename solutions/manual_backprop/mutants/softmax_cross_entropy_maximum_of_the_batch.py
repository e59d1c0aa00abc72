"""Wrong: subtracts one maximum for the whole batch: a row far below it underflows."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_loss_is_stable",
)
CAUSES = ("NaN*", "infinite*")


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    shifted = logits - logits.max()
    e = shifted.exp()
    total = e.sum(dim=1, keepdim=True)
    loss = (total.log()[:, 0] - shifted[rows, labels]).mean()
    dlogits = e / total
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
