"""Wrong: no ValueError."""

import torch

CAUGHT_BY = (
    "test_one_hot_refuses_a_large_label",
    "test_one_hot_refuses_a_negative_label",
)


def one_hot(labels, num_classes):
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).float()
