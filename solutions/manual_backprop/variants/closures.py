"""Right: a cache is a function that computes the backward pass, as in JAX's vjp; the net composes them."""

import torch


def linear_forward(x, w, b):
    return x.matmul(w).add(b), lambda upstream: (upstream.matmul(w.mT), x.mT.matmul(upstream), upstream.sum(0))


def linear_backward(upstream, cache):
    return cache(upstream)


def relu_forward(x):
    return torch.maximum(x, x.new_zeros(())), lambda upstream: upstream.masked_fill(x <= 0, 0.0)


def relu_backward(upstream, cache):
    return cache(upstream)


def sigmoid_forward(x):
    out = 0.5 * (1 + torch.tanh(0.5 * x))
    return out, lambda upstream: upstream * (out - out**2)


def sigmoid_backward(upstream, cache):
    return cache(upstream)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    std, mean = torch.std_mean(x, dim=1, keepdim=True, correction=0)
    scale = torch.rsqrt(std**2 + eps)
    x_hat = (x - mean) * scale

    def backward(upstream):
        g = upstream * gamma
        dx = scale * (g - g.mean(1, keepdim=True)) - scale * x_hat * (g * x_hat).mean(1, keepdim=True)
        return dx, (upstream * x_hat).sum(0), upstream.sum(0)

    return x_hat * gamma + beta, backward


def layer_norm_backward(upstream, cache):
    return cache(upstream)


class TwoLayerNet:
    def __init__(self, in_features, hidden, num_classes, seed=0):
        torch.manual_seed(seed)
        self.params = dict(
            w1=torch.randn(in_features, hidden) / in_features**0.5,
            b1=torch.randn(hidden) * 0.1,
            w2=torch.randn(hidden, num_classes) / hidden**0.5,
            b2=torch.zeros(num_classes),
        )

    def _run(self, x):
        h, back1 = linear_forward(x, self.params["w1"], self.params["b1"])
        a, back_relu = relu_forward(h)
        logits, back2 = linear_forward(a, self.params["w2"], self.params["b2"])
        return logits, (back1, back_relu, back2)

    def forward(self, x):
        return self._run(x)[0]

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        logits, (back1, back_relu, back2) = self._run(x)
        loss, upstream = softmax_cross_entropy(logits, labels)
        da, dw2, db2 = back2(upstream)
        _, dw1, db1 = back1(back_relu(da))
        grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        for name in ("w1", "w2"):
            loss = loss + 0.5 * weight_decay * self.params[name].square().sum()
            grads[name] = grads[name] + weight_decay * self.params[name]
        return loss, grads
