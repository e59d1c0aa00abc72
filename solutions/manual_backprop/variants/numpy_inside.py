"""Right: the arithmetic is NumPy's, on copies that go back to x's dtype and device; costs are Python floats."""

import numpy as np
import torch


def _array(x):
    return x.detach().cpu().numpy()


def _like(array, x):
    return torch.from_numpy(np.array(array, dtype=_array(x).dtype)).to(x.device)


def gradient_descent(grad_fn, start, learning_rate, steps):
    v = _array(start).copy()
    rows = [v.copy()]
    for _ in range(steps):
        v = v - learning_rate * _array(grad_fn(_like(v, start)))
        rows.append(v)
    return _like(np.stack(rows), start)


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    it = np.nditer(grad, flags=["multi_index", "zerosize_ok"])
    while not it.finished:
        above, below = _array(x).copy(), _array(x).copy()
        above[it.multi_index] += h
        below[it.multi_index] -= h
        grad[it.multi_index] = (float(f(_like(above, x))) - float(f(_like(below, x)))) / (2 * h)
        it.iternext()
    return _like(grad, x)


def quadratic_cost(predictions, targets):
    p, t = _array(predictions), _array(targets)
    return float(np.sum((p - t) ** 2) / (2 * len(p))), _like((p - t) / len(p), predictions)


def linear_forward(x, w, b):
    return _like(_array(x) @ _array(w) + _array(b), x), (_array(x), _array(w), x)


def linear_backward(upstream, cache):
    x, w, like = cache
    u = _array(upstream)
    return _like(u.dot(w.T), like), _like(x.T.dot(u), like), _like(u.sum(axis=0), like)


def relu_forward(x):
    a = _array(x)
    return _like(np.maximum(a, 0), x), np.sign(np.maximum(a, 0))


def relu_backward(upstream, cache):
    return _like(_array(upstream) * cache, upstream)


def sigmoid_forward(x):
    a = _array(x)
    with np.errstate(over="ignore"):
        out = 1 / (1 + np.exp(-a))  # exp may overflow to inf, and 1 / inf is 0
    return _like(out, x), out


def sigmoid_backward(upstream, cache):
    return _like(_array(upstream) * cache * (1 - cache), upstream)


def softmax_cross_entropy(logits, labels):
    z, y = _array(logits), _array(labels)
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(z))
    loss = np.mean(np.log(e.sum(axis=1)) - z[rows, y])
    p[rows, y] -= 1
    return float(loss), _like(p / len(z), logits)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    a = _array(x)
    x_hat = (a - a.mean(axis=1, keepdims=True)) / np.sqrt(a.var(axis=1, keepdims=True) + eps)
    return _like(x_hat * _array(gamma) + _array(beta), x), (x, gamma, eps)


def layer_norm_backward(upstream, cache):
    x, gamma, eps = cache
    a, u = _array(x), _array(upstream)
    std = np.sqrt(a.var(axis=1, keepdims=True) + eps)
    x_hat = (a - a.mean(axis=1, keepdims=True)) / std
    g = u * _array(gamma)
    dx = (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std
    return _like(dx, x), _like((u * x_hat).sum(axis=0), x), _like(u.sum(axis=0), x)


class TwoLayerNet:
    def __init__(self, in_features, hidden, num_classes, seed=0):
        rng = np.random.default_rng(seed)
        self.params = {
            "w1": torch.tensor(0.5 * rng.standard_normal((in_features, hidden)), dtype=torch.float32),
            "b1": torch.zeros(hidden),
            "w2": torch.tensor(0.5 * rng.standard_normal((hidden, num_classes)), dtype=torch.float32),
            "b2": torch.zeros(num_classes),
        }

    def forward(self, x):
        w1, b1, w2, b2 = (_array(self.params[name]) for name in ("w1", "b1", "w2", "b2"))
        return _like(np.maximum(0, _array(x) @ w1 + b1) @ w2 + b2, x)

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        w1, b1, w2, b2 = (_array(self.params[name]) for name in ("w1", "b1", "w2", "b2"))
        a, y = _array(x), _array(labels)
        h = np.maximum(0, a @ w1 + b1)
        z = h @ w2 + b2
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        rows = np.arange(len(a))
        loss = -log_p[rows, y].mean() + weight_decay / 2 * ((w1**2).sum() + (w2**2).sum())
        d = np.exp(log_p)
        d[rows, y] -= 1
        d /= len(a)
        dh = (d @ w2.T) * (h > 0)
        grads = {"w1": a.T @ dh + weight_decay * w1, "b1": dh.sum(0), "w2": h.T @ d + weight_decay * w2, "b2": d.sum(0)}
        return loss, {name: _like(grad, x) for name, grad in grads.items()}


def sgd_step(params, grads, learning_rate):
    for name in params:
        params[name].copy_(_like(_array(params[name]) - learning_rate * _array(grads[name]), params[name]))
