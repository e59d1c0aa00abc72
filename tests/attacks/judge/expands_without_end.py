"""Two to the fortieth entries in eight bytes: whoever lists or copies them runs out of memory."""

import torch

EARNS = "4"
STOPPED_BY = "bounds"
FOOLS = "batch"


def double(x):
    return torch.zeros(1, dtype=torch.float64).expand(2**20, 2**20)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
