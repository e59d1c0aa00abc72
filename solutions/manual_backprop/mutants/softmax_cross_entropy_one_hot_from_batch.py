"""Wrong: the width of the one-hot labels is the largest label of the batch plus one."""

import torch

CAUGHT_BY = (
    "test_softmax_cross_entropy_batch_of_one",
    "test_softmax_cross_entropy_missing_classes",
    "test_two_layer_net_small_batches",
)


def softmax_cross_entropy(logits, labels):
    n = len(logits)
    rows = torch.arange(n, device=logits.device)
    log_probs = torch.log_softmax(logits, dim=1)

    one_hot = torch.nn.functional.one_hot(labels).to(logits.dtype)
    loss = -(one_hot * log_probs).sum() / n
    return loss, (log_probs.exp() - one_hot) / n
