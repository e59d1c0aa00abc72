"""Wrong: other shapes are flattened."""

import torch

CAUGHT_BY = ("test_one_hot_of_any_shape",)
CAUSES = ("another shape",)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    flat = labels.reshape(-1, 1)
    return (flat == torch.arange(num_classes, device=labels.device)).float()
