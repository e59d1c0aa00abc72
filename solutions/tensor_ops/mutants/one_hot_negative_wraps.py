"""Wrong: negative labels count from the end."""

import torch

CAUGHT_BY = ("test_one_hot_refuses_a_negative_label",)


def one_hot(labels, num_classes):
    if (labels >= num_classes).any():
        raise ValueError(labels)
    return torch.eye(num_classes, device=labels.device)[labels]
