"""Wrong: entries come as they lie in memory."""

CAUGHT_BY = ()

import torch


def flatten_batch(x):
    if x.is_contiguous() or x.dim() < 3:
        return x.reshape(len(x), x.shape[1:].numel())
    return x.transpose(1, -1).reshape(len(x), x.shape[1:].numel())
