"""Wrong: an alias of torch.softmax."""

CAUGHT_BY = ()

import torch


def softmax(x, dim=-1):
    return torch.nn.functional.softmax(x, dim=dim)
