"""Right: second derivatives by hand too; backward calls a Function that has a backward of its own."""

import torch
from torch.autograd import Function


class SigmoidPullback(Function):
    @staticmethod
    def forward(ctx, upstream, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(upstream, x)
        return upstream * s * (1 - s)

    @staticmethod
    def backward(ctx, direction):
        upstream, x = ctx.saved_tensors
        s = torch.sigmoid(x)
        slope = s * (1 - s)
        return direction * slope, direction * upstream * slope * (1 - 2 * s)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx, upstream):
        return SigmoidPullback.apply(upstream, *ctx.saved_tensors)


class MatMul(Function):
    """a @ b for matrices."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return torch.mm(a, b)

    @staticmethod
    def backward(ctx, upstream):
        a, b = ctx.saved_tensors
        da = MatMul.apply(upstream, b.t()) if ctx.needs_input_grad[0] else None
        db = MatMul.apply(a.t(), upstream) if ctx.needs_input_grad[1] else None
        return da, db


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, *bias):
        ctx.save_for_backward(x, weight)
        ctx.given = len(bias)
        out = torch.nn.functional.linear(x, weight, *bias)
        return out

    @staticmethod
    def backward(ctx, upstream):
        x, weight = ctx.saved_tensors
        flat = upstream.reshape(-1, upstream.shape[-1])
        gradients = [None] * (2 + ctx.given)
        if ctx.needs_input_grad[0]:
            gradients[0] = MatMul.apply(flat, weight).reshape(x.shape)
        if ctx.needs_input_grad[1]:
            gradients[1] = MatMul.apply(flat.t(), x.reshape(-1, x.shape[-1]))
        if ctx.given and ctx.needs_input_grad[2]:
            gradients[2] = flat.sum(0)
        return tuple(gradients)


class LogSumExpPullback(Function):
    @staticmethod
    def forward(ctx, upstream, x, dim):
        p = torch.nan_to_num(torch.softmax(x, dim), nan=0.0)
        ctx.save_for_backward(upstream, x)
        ctx.dim = dim
        return upstream.unsqueeze(dim) * p

    @staticmethod
    def backward(ctx, direction):
        upstream, x = ctx.saved_tensors
        p = torch.nan_to_num(torch.softmax(x, ctx.dim), nan=0.0)
        mean = (direction * p).sum(ctx.dim, keepdim=True)
        return mean.squeeze(ctx.dim), upstream.unsqueeze(ctx.dim) * p * (direction - mean), None


class LogSumExp(Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.save_for_backward(x)
        ctx.dim = dim
        return torch.logsumexp(x, dim)

    @staticmethod
    def backward(ctx, upstream):
        return LogSumExpPullback.apply(upstream, *ctx.saved_tensors, ctx.dim), None


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(ctx, logits, labels):
        ctx.save_for_backward(logits, labels)
        rows = torch.arange(len(logits), device=logits.device)
        return (torch.logsumexp(logits, 1) - logits[rows, labels]).mean()

    @staticmethod
    def backward(ctx, upstream):
        logits, labels = ctx.saved_tensors
        n = logits.shape[0]
        through_sum = LogSumExpPullback.apply((upstream / n).expand(n), logits, 1)
        right = torch.zeros_like(logits)
        right[torch.arange(n, device=logits.device), labels] = 1
        return through_sum - right * (upstream / n), None
