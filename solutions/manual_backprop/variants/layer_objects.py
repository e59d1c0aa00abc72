"""Right: layers are objects that keep their own state; a cache is the object. Batch statistics in a NamedTuple."""

from typing import NamedTuple

import torch


class LinearLayer:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return self.x @ self.w + self.b

    def backward(self, upstream):
        self.dw = self.x.transpose(0, 1) @ upstream
        self.db = upstream.sum(axis=0)
        return upstream @ self.w.transpose(0, 1)


class ReluLayer:
    def forward(self, x):
        self.out = torch.relu(x)
        return self.out.clone()

    def backward(self, upstream):
        dx = upstream.clone()
        dx[self.out == 0] = 0
        return dx


class Statistics(NamedTuple):
    centered: torch.Tensor
    std: torch.Tensor
    gamma: torch.Tensor


def linear_forward(x, w, b):
    layer = LinearLayer(w, b)
    return layer.forward(x), layer


def linear_backward(upstream, cache):
    dx = cache.backward(upstream)
    return dx, cache.dw, cache.db


def relu_forward(x):
    layer = ReluLayer()
    return layer.forward(x), layer


def relu_backward(upstream, cache):
    return cache.backward(upstream)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    centered = x - x.sum(dim=1, keepdim=True) / x.shape[1]
    std = (centered.pow(2).sum(dim=1, keepdim=True) / x.shape[1] + eps).sqrt()
    return gamma * centered / std + beta, Statistics(centered, std, gamma)


def layer_norm_backward(upstream, cache):
    g = upstream * cache.gamma / cache.std
    projected = cache.centered * (g * cache.centered).mean(dim=1, keepdim=True) / cache.std**2
    dx = g - g.mean(dim=1, keepdim=True) - projected
    return dx, (upstream * cache.centered / cache.std).sum(dim=0), upstream.sum(dim=0)


class TwoLayerNet:
    def __init__(self, in_features, hidden, num_classes, seed=0):
        generator = torch.Generator()
        generator.manual_seed(seed)
        bound1, bound2 = (6 / (in_features + hidden)) ** 0.5, (6 / (hidden + num_classes)) ** 0.5
        self.params = {
            "w1": torch.empty(in_features, hidden).uniform_(-bound1, bound1, generator=generator),
            "b1": torch.zeros(hidden),
            "w2": torch.empty(hidden, num_classes).uniform_(-bound2, bound2, generator=generator),
            "b2": torch.zeros(num_classes),
        }

    def _layers(self):
        p = self.params
        return [LinearLayer(p["w1"], p["b1"]), ReluLayer(), LinearLayer(p["w2"], p["b2"])]

    def forward(self, x):
        for layer in self._layers():
            x = layer.forward(x)
        return x

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        layers = self._layers()
        for layer in layers:
            x = layer.forward(x)
        loss, upstream = softmax_cross_entropy(x, labels)
        for layer in reversed(layers):
            upstream = layer.backward(upstream)
        first, _, second = layers
        loss = loss + weight_decay * (first.w.norm() ** 2 + second.w.norm() ** 2) / 2
        grads = {"b2": second.db, "w2": second.dw + weight_decay * second.w}
        grads.update(b1=first.db, w1=first.dw + weight_decay * first.w)
        return loss, grads
