"""Right: einsum for all products, layers without biases in a ModuleList, plain functions as short names."""

import torch
from torch import nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Linear(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        ctx.mark_shapes = None if bias is None else bias.shape
        y = torch.einsum("...d,md->...m", x, weight)
        return y if bias is None else y + bias

    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        needs = list(ctx.needs_input_grad) + [False]
        return (
            torch.einsum("...m,md->...d", g, weight) if needs[0] else None,
            torch.einsum("...m,...d->md", g, x) if needs[1] else None,
            torch.einsum("...m->m", g) if needs[2] else None,
        )


class Clamp(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x, torch.tensor([low, high], dtype=x.dtype, device=x.device))
        return torch.minimum(torch.maximum(x, x.new_tensor(low)), x.new_tensor(high))

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        x, bounds = ctx.saved_tensors
        g = g.clone()
        g[x < bounds[0]] = 0
        g[x > bounds[1]] = 0
        return g, None, None


class SquareInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.double = x + x
        ctx.mark_dirty(x)
        x.pow_(2)
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return g * ctx.double


class Layer(nn.Module):
    def __init__(self, d, m):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(m, d) / d**0.5)

    def forward(self, x):
        return Linear.apply(x, self.weight)


class TwoLayerNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.layers = nn.ModuleList([Layer(in_features, hidden), Layer(hidden, out_features)])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = ReLU.apply(layer(x))
        return self.layers[-1](x)


class DynamicNet(nn.Module):
    def __init__(self, in_features, hidden, out_features):
        super().__init__()
        self.layers = nn.ModuleDict(
            {"a": Layer(in_features, hidden), "b": Layer(hidden, hidden), "c": Layer(hidden, out_features)}
        )

    def forward(self, x, repeats):
        for name in "a" + "b" * repeats:
            x = ReLU.apply(self.layers[name](x))
        return self.layers["c"](x)


def fit_random_data(x, y, hidden=100, learning_rate=1e-4, steps=500, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TwoLayerNet(x.shape[1], hidden, y.shape[1])
    model = model.to(device=x.device, dtype=x.dtype)
    losses = []
    for _ in range(steps):
        loss = torch.sum((model(x) - y) ** 2)
        grads = torch.autograd.grad(loss, tuple(model.parameters()))
        for p, g in zip(model.parameters(), grads):
            p.data.sub_(learning_rate * g)
        losses.append(float(loss))
    return model, losses
