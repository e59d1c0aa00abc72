"""Right: slow loops over rows into new tensors; materialised gradients off; backward is called vjp."""

import torch
from torch.autograd import Function


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        columns = [(x * row).sum(-1) for row in weight]
        if bias is not None:
            columns = [column + b for column, b in zip(columns, bias)]
        return torch.stack(columns, dim=-1)

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        dx = dw = db = None
        if ctx.needs_input_grad[0]:
            dx = sum(upstream[..., m, None] * weight[m] for m in range(len(weight)))
        flat_x, flat_u = x.reshape(-1, x.shape[-1]), upstream.reshape(-1, len(weight))
        if ctx.needs_input_grad[1]:
            dw = torch.zeros_like(weight)
            for u, v in zip(flat_u, flat_x):
                dw = dw + u[:, None] * v
        if len(ctx.needs_input_grad) == 3 and ctx.needs_input_grad[2]:
            db = torch.zeros_like(weight[:, 0])
            for u in flat_u:
                db = db + u
        return dx, dw, db


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(logits, labels)
        losses = []
        for row, label in zip(logits, labels.tolist()):
            shifted = row - row.max()
            losses.append(shifted.exp().sum().log() - shifted[label])
        return torch.stack(losses).mean()

    @staticmethod
    def vjp(ctx, upstream):
        logits, labels = ctx.saved_tensors
        if upstream is None:
            return None, None
        rows = []
        for row, label in zip(logits, labels.tolist()):
            e = (row - row.max()).exp()
            p = e / e.sum()
            rows.append(upstream * (p - torch.eye(len(row), dtype=p.dtype, device=p.device)[label]) / len(logits))
        return torch.stack(rows), None
