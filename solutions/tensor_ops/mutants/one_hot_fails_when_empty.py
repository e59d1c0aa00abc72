"""Wrong: min() of no labels raises."""

import torch

CAUGHT_BY = ("test_one_hot_of_any_shape",)


def one_hot(labels, num_classes):
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(labels)
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).float()
