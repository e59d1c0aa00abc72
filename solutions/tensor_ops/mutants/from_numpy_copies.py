"""Wrong: torch.tensor copies the array."""

CAUGHT_BY = ()

import torch


def from_numpy_shared(array):
    return torch.tensor(array)
