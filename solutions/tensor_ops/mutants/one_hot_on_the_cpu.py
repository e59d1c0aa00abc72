"""Wrong: the classes are always on the CPU."""

import torch

CAUGHT_BY = ("test_one_hot_without_a_loop",)
CAUSES = ("wrong device",)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    return (labels.unsqueeze(-1) == torch.arange(num_classes)).float()
