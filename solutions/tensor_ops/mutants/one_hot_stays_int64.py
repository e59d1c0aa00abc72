"""Wrong: int64, not float32."""

import torch

CAUGHT_BY = (
    "test_one_hot_of_a_vector",
    "test_one_hot_of_any_shape",
    "test_one_hot_without_a_loop",
)
CAUSES = ("wrong dtype",)


def one_hot(labels, num_classes):
    if ((labels < 0) | (labels >= num_classes)).any():
        raise ValueError(labels)
    return (labels.unsqueeze(-1) == torch.arange(num_classes, device=labels.device)).long()
