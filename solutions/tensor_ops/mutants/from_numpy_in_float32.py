"""Wrong: every array becomes float32, which copies."""

import torch

CAUGHT_BY = (
    "test_from_numpy_shared_both_ways",
    "test_from_numpy_shared_sees_writes_to_the_array",
)
CAUSES = ("wrong dtype",)


def from_numpy_shared(array):
    return torch.from_numpy(array.astype("float32"))
