"""Wrong: min() of no labels raises."""

CAUGHT_BY = ("test_one_hot_of_any_shape",)

import torch


def one_hot(labels, num_classes):
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(labels)
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).float()
