"""Right: computes in float64 and casts back to the input's dtype; writes softmax's Jacobian out, row by row."""

import torch


def gradient_descent(grad_fn, start, learning_rate, steps):
    v, rows = start.double(), [start.double()]
    for _ in range(steps):
        v = v - learning_rate * grad_fn(v.to(start.dtype)).double()
        rows.append(v)
    return torch.stack(rows).to(start.dtype)


def numerical_gradient(f, x, h=1e-5):
    wide = x.double()
    flat = []
    for i in range(x.numel()):
        e = torch.zeros(x.numel(), dtype=torch.float64, device=x.device)
        e[i] = h
        e = e.reshape(x.shape)
        flat.append((f(wide + e) - f(wide - e)) / (2 * h))
    return torch.tensor([float(value) for value in flat], dtype=x.dtype, device=x.device).reshape(x.shape)


def linear_forward(x, w, b):
    return (x.double() @ w.double() + b.double()).to(x.dtype), (x, w)


def linear_backward(upstream, cache):
    x, w = cache
    wide = upstream.double()
    return tuple(g.to(x.dtype) for g in (wide @ w.double().T, x.double().T @ wide, wide.sum(0)))


def sigmoid_forward(x):
    out = torch.special.expit(x.double())
    return out.to(x.dtype), out


def sigmoid_backward(upstream, cache):
    return (upstream.double() * cache * (1 - cache)).to(upstream.dtype)


def softmax_cross_entropy(logits, labels):
    n, c = logits.shape
    wide = logits.double()
    wide = wide - wide.max(dim=1, keepdim=True).values
    log_p = wide - torch.logsumexp(wide, dim=1, keepdim=True)
    loss = -sum(log_p[i, labels[i]] for i in range(n)) / n
    return loss.to(logits.dtype), ((log_p.exp() - torch.nn.functional.one_hot(labels, c)) / n).to(logits.dtype)


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    wide = x.double()
    mean = wide.mean(1, keepdim=True)
    std = ((wide - mean).pow(2).mean(1, keepdim=True) + eps).sqrt()
    x_hat = (wide - mean) / std
    return (x_hat * gamma.double() + beta.double()).to(x.dtype), (x_hat, std, gamma)


def layer_norm_backward(upstream, cache):
    x_hat, std, gamma = cache
    d = x_hat.shape[1]
    wide = upstream.double()
    eye = torch.eye(d, dtype=torch.float64, device=upstream.device)
    rows = []
    for i in range(len(x_hat)):  # the whole Jacobian of one row: (I - 1/D - x_hat x_hat^T / D) / std
        jacobian = (eye - 1 / d - torch.outer(x_hat[i], x_hat[i]) / d) / std[i]
        rows.append(jacobian.T @ (wide[i] * gamma.double()))
    dx = torch.stack(rows) if rows else x_hat
    return dx.to(gamma.dtype), (wide * x_hat).sum(0).to(gamma.dtype), wide.sum(0).to(gamma.dtype)


class TwoLayerNet:
    def __init__(self, in_features, hidden, num_classes, seed=0):
        generator = torch.Generator().manual_seed(seed + 1)
        self.params = {
            "w1": torch.randn(in_features, hidden, generator=generator),
            "b1": torch.zeros(hidden),
            "w2": torch.randn(hidden, num_classes, generator=generator) * 0.01,
            "b2": torch.zeros(num_classes),
        }

    def forward(self, x):
        w1, b1, w2, b2 = self.params["w1"], self.params["b1"], self.params["w2"], self.params["b2"]
        return torch.relu(x @ w1 + b1) @ w2 + b2

    def loss_and_grads(self, x, labels, weight_decay=0.0):
        dtype = self.params["w1"].dtype
        w1, b1, w2, b2, wide = (t.double() for t in (*[self.params[k] for k in ("w1", "b1", "w2", "b2")], x))
        h = torch.relu(wide @ w1 + b1)
        log_p = torch.log_softmax(h @ w2 + b2, dim=1)
        d = log_p.exp()
        loss = torch.zeros((), dtype=torch.float64, device=x.device)
        picked = labels[:, None]
        loss = (
            -log_p.gather(1, picked).mean()
            + 0.5 * weight_decay * (w1 * w1).sum()
            + 0.5 * weight_decay * (w2 * w2).sum()
        )
        d = d.scatter_add(1, picked, -torch.ones_like(picked, dtype=torch.float64)) / len(x)
        dh = d @ w2.T * (h > 0)
        grads = {
            "w1": wide.T @ dh + weight_decay * w1,
            "b1": dh.sum(0),
            "w2": h.T @ d + weight_decay * w2,
            "b2": d.sum(0),
        }
        return loss.to(dtype), {k: g.to(dtype) for k, g in grads.items()}
