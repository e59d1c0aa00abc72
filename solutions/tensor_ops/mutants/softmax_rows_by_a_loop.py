"""Wrong: a loop over slices, which fails for none."""

import torch

CAUGHT_BY = (
    "test_softmax_along_any_dimension",
    "test_softmax_by_your_own_means",
)
CAUSES = ("a Python loop",)


def softmax(x, dim=-1):
    slices = x.movedim(dim, -1)
    rows = []
    for row in slices.reshape(-1, x.shape[dim]):
        e = (row - row.max()).exp()
        rows.append(e / e.sum())
    return torch.stack(rows).reshape(slices.shape).movedim(-1, dim)
