"""Wrong: subtracts the maximum in place."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_confident",
    "test_softmax_cross_entropy_float32",
    "test_softmax_cross_entropy_gradient",
    "test_softmax_cross_entropy_gradient_is_stable",
    "test_softmax_cross_entropy_layouts",
    "test_softmax_cross_entropy_loss",
    "test_softmax_cross_entropy_loss_is_stable",
    "test_softmax_cross_entropy_missing_classes",
)
CAUSES = ("argument changed in place",)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    logits -= logits.max(dim=1, keepdim=True).values
    log_probs = logits - logits.exp().sum(dim=1, keepdim=True).log()
    loss = -log_probs[rows, labels].mean()
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
