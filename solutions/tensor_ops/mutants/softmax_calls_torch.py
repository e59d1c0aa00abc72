"""Wrong: an alias of torch.softmax."""

import torch

CAUGHT_BY = ("test_softmax_by_your_own_means",)
CAUSES = ("off limits",)


def softmax(x, dim=-1):
    return torch.nn.functional.softmax(x, dim=dim)
