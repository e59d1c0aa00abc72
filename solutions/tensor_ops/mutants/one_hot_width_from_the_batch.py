"""Wrong: as many columns as the largest label needs."""

import torch

CAUGHT_BY = (
    "test_one_hot_of_a_vector",
    "test_one_hot_of_any_shape",
)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    return torch.nn.functional.one_hot(labels).float()
