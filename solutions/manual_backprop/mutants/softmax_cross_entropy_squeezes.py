"""Wrong: squeeze() eats a batch of one."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_two_layer_net_small_batches",
)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    right = log_probs.gather(1, labels[:, None]).squeeze()
    loss = -right.sum() / len(right)
    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
