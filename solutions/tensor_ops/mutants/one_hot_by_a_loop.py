"""Wrong: a loop over labels."""

import torch

CAUGHT_BY = ("test_one_hot_without_a_loop",)
CAUSES = ("a Python loop",)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    out = torch.zeros(labels.numel(), num_classes, device=labels.device)
    for i, label in enumerate(labels.flatten()):
        out[i, label] = 1
    return out.view(*labels.shape, num_classes)
