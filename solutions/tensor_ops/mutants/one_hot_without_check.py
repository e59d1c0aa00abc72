"""Wrong: no ValueError."""

CAUGHT_BY = ()

import torch


def one_hot(labels, num_classes):
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).float()
