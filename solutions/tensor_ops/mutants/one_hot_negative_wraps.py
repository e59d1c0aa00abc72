"""Wrong: negative labels count from the end."""

CAUGHT_BY = ()

import torch


def one_hot(labels, num_classes):
    if (labels >= num_classes).any():
        raise ValueError(labels)
    return torch.eye(num_classes, device=labels.device)[labels]
