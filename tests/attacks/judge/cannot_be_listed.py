"""Sparse, nested, quantized and meta tensors, none of which a grader can show."""

import torch

EARNS = "4"
STOPPED_BY = "plain values"
FOOLS = "batch"

kinds = []


def double(x):
    kinds.append(len(kinds))
    if kinds[-1] % 4 == 0:
        return torch.empty(x.shape, device="meta")
    if kinds[-1] % 4 == 1:
        return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    if kinds[-1] % 4 == 2:
        return torch.ones(3, 4).to_sparse()
    return torch.quantize_per_tensor(torch.ones(3, 4), 0.1, 0, torch.qint8)


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
