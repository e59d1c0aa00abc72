"""Wrong: off by one: label C is let through."""

import torch

CAUGHT_BY = ("test_one_hot_refuses_a_large_label",)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels > num_classes)).any():
        raise ValueError(labels)
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).float()
