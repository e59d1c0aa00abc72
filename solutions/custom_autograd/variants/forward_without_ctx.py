"""Right: forward without ctx and setup_context beside it, with a vmap rule; LogSumExp saves its result as well."""

import torch
from torch import nn
from torch.autograd import Function


class ReLU(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return torch.maximum(x, torch.zeros_like(x))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, upstream):
        (out,) = ctx.saved_tensors
        return torch.where(out > 0, upstream, torch.zeros_like(upstream))


class Sigmoid(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return (1 + torch.tanh(x / 2)) / 2

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, upstream):
        s = ctx.saved_tensors[0]
        return (s - s**2) * upstream


class Linear(Function):
    @staticmethod
    def forward(x, weight, bias=None):
        out = x.matmul(weight.t())
        if bias is not None:
            out += bias
        return out

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, weight, bias = inputs
        ctx.save_for_backward(x, weight, bias)

    @staticmethod
    def backward(ctx, grad_output):
        x, weight, bias = ctx.saved_tensors
        grad_x = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_output.matmul(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.reshape(-1, weight.size(0)).t().mm(x.reshape(-1, weight.size(1)))
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum_to_size(bias.shape)
        return grad_x, grad_weight, grad_bias


class LogSumExp(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, dim):
        return torch.logsumexp(x, dim)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.dim = inputs
        ctx.save_for_backward(x, output)

    @staticmethod
    def backward(ctx, upstream):
        x, out = ctx.saved_tensors
        out = torch.where(out == float("-inf"), torch.zeros_like(out), out)
        return torch.exp(x - out.unsqueeze(ctx.dim)) * upstream.unsqueeze(ctx.dim), None


class Clamp(Function):
    @staticmethod
    def forward(x, low, high):
        return x.clamp(min=low, max=high)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, low, high = inputs
        ctx.inside = (x >= low) & (x <= high)

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.inside, None, None


class RoundSTE(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return torch.round(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, upstream):
        return upstream


class ReverseGradient(Function):
    @staticmethod
    def forward(x, scale):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ctx.scale = inputs

    @staticmethod
    def backward(ctx, upstream):
        return upstream.neg() * ctx.scale, None


class SoftmaxCrossEntropy(Function):
    @staticmethod
    def forward(logits, labels):
        return nn.functional.cross_entropy(logits, labels)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, upstream):
        logits, labels = ctx.saved_tensors
        one_hot = nn.functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
        return (torch.softmax(logits, 1) - one_hot) * (upstream / len(labels)), None
