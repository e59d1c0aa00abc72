"""Wrong: exp overflows for large logits."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_loss_is_stable",
)
CAUSES = ("NaN*",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    e = logits.exp()
    total = e.sum(dim=1, keepdim=True)
    loss = (total.log()[:, 0] - logits[rows, labels]).mean()
    dlogits = e / total
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
