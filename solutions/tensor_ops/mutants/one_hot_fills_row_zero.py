"""Wrong: out[0, labels] for out[arange, labels]."""

import torch

CAUGHT_BY = (
    "test_one_hot_of_a_vector",
    "test_one_hot_of_any_shape",
    "test_one_hot_without_a_loop",
)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    out = torch.zeros(*labels.shape, num_classes, device=labels.device)
    out.view(-1, num_classes)[:1, labels.flatten()] = 1
    return out
