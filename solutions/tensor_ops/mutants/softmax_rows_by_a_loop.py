"""Wrong: a loop over rows."""

CAUGHT_BY = ()

import torch


def softmax(x, dim=-1):
    if x.numel() == 0:
        return x.clone()
    rows = []
    for row in x.unbind(1 - dim if x.dim() == 2 and dim >= 0 else 0) if x.dim() == 2 else []:
        e = (row - row.max()).exp()
        rows.append(e / e.sum())
    if rows:
        return torch.stack(rows, dim=1 - dim if dim >= 0 else 0)
    e = (x - x.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
