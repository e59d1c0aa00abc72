"""Wrong: goes row by row and stacks the results, which it can't of none."""

import math
import torch
from torch.autograd import Function

CAUGHT_BY = ("test_logsumexp_empty_batch",)


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        rows = x.movedim(dim, -1)
        values = torch.stack([row.logsumexp(0) for row in rows.reshape(-1, rows.shape[-1])])
        return values.reshape(rows.shape[:-1])

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
