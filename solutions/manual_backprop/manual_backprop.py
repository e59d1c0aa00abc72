"""Gradient descent and backpropagation by hand.

Every layer comes as a pair. ``..._forward`` computes the output and a ``cache`` with whatever its partner needs;
``..._backward`` takes ``upstream``, the gradient of the loss with respect to that output, and returns the gradient with
respect to each input. A cache may be anything you like. Autograd is off limits: no ``backward``, ``torch.autograd``,
``torch.func`` or ``requires_grad``.

Notation: N rows in the batch, D features in, M features out, H hidden units, C classes. Everything works on float32 and
float64 and on any device, and no function changes its arguments unless its docstring says so.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# ---------------------------------------------------------------------------------------------------------------------
# Gradients without backpropagation
# ---------------------------------------------------------------------------------------------------------------------


def gradient_descent(grad_fn: Callable[[Tensor], Tensor], start: Tensor, learning_rate: float, steps: int) -> Tensor:
    """Roll downhill from ``start``: v <- v - learning_rate * grad_fn(v).

    Args:
        grad_fn: the gradient of the cost at a point, (D,) to (D,).
        start: (D,), unchanged.
        steps: number of updates, 0 or more.

    Returns:
        (steps + 1, D): the trajectory; row 0 is ``start``, row k the point after k updates.
    """
    # BEGIN SOLUTION
    trajectory = [start]
    for _ in range(steps):
        v = trajectory[-1]
        trajectory.append(v - learning_rate * grad_fn(v))
    return torch.stack(trajectory)
    # END SOLUTION


def numerical_gradient(f: Callable[[Tensor], Tensor | float], x: Tensor, h: float = 1e-5) -> Tensor:
    """The gradient of a scalar-valued ``f`` at ``x`` by central differences, one entry at a time.

    g_i = (f(x + h e_i) - f(x - h e_i)) / (2 h)

    Args:
        f: takes a tensor of x's shape, returns a 0-d tensor or a Python number.
        x: any shape. It holds its old values afterwards, bit for bit, also when ``f`` raises.
        h: the step.

    Returns:
        x's shape and dtype.
    """
    # BEGIN SOLUTION
    point = x.clone()  # x itself is never touched, so no exception can leave it changed
    gradient = torch.zeros_like(point)
    for index in itertools.product(*map(range, x.shape)):
        old = point[index].item()
        point[index] = old + h
        above = float(f(point))
        point[index] = old - h
        below = float(f(point))
        point[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
    # END SOLUTION


def quadratic_cost(predictions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The quadratic cost C = sum (predictions - targets)^2 / (2 N) over all entries, and its gradient.

    Args:
        predictions, targets: (N, M).

    Returns:
        cost (0-d) and dC/dpredictions (N, M).
    """
    # BEGIN SOLUTION
    n = predictions.shape[0]
    difference = predictions - targets
    cost = (difference**2).sum() / (2 * n)
    return cost, difference / n
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Layers
# ---------------------------------------------------------------------------------------------------------------------


def linear_forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Any]:
    """out = x @ w + b for x (N, D), w (D, M), b (M,).

    Returns:
        out (N, M), and the cache for ``linear_backward``.
    """
    # BEGIN SOLUTION
    return x @ w + b, (x, w)
    # END SOLUTION


def linear_backward(upstream: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the loss with respect to x, w and b, given ``upstream`` = dL/dout (N, M).

    Returns:
        dx (N, D), dw (D, M), db (M,).
    """
    # BEGIN SOLUTION
    x, w = cache
    dx = upstream @ w.T
    dw = x.T @ upstream
    db = upstream.sum(dim=0)  # b was broadcast over the rows, so each row adds to its gradient
    return dx, dw, db
    # END SOLUTION


def relu_forward(x: Tensor) -> tuple[Tensor, Any]:
    """out = max(x, 0), entry by entry, for x of any shape.

    Returns:
        out (x's shape), and the cache for ``relu_backward``.
    """
    # BEGIN SOLUTION
    return x.clamp(min=0), x > 0
    # END SOLUTION


def relu_backward(upstream: Tensor, cache: Any) -> Tensor:
    """dL/dx for ``upstream`` = dL/dout: upstream where x > 0, and 0 elsewhere, x = 0 included."""
    # BEGIN SOLUTION
    positive = cache
    return upstream * positive
    # END SOLUTION


def sigmoid_forward(x: Tensor) -> tuple[Tensor, Any]:
    """out = 1 / (1 + exp(-x)), entry by entry, for x of any shape; no NaN, however large ``|x|``.

    Returns:
        out (x's shape), and the cache for ``sigmoid_backward``.
    """
    # BEGIN SOLUTION
    e = torch.exp(-x.abs())  # in (0, 1]: can't overflow
    out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return out, out
    # END SOLUTION


def sigmoid_backward(upstream: Tensor, cache: Any) -> Tensor:
    """dL/dx for ``upstream`` = dL/dout, by s' = s (1 - s)."""
    # BEGIN SOLUTION
    out = cache
    return upstream * out * (1 - out)
    # END SOLUTION


def softmax_cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax and cross entropy in one: L = mean over rows of -log softmax(logits)[row, label].

    Args:
        logits: (N, C); entries as large as 1e4 do no harm.
        labels: (N,) int64 in 0..C-1.

    Returns:
        the loss (0-d) and dL/dlogits (N, C).
    """
    # BEGIN SOLUTION
    n = logits.shape[0]
    rows = torch.arange(n, device=logits.device)
    shifted = logits - logits.max(dim=1, keepdim=True).values  # softmax stays the same, and exp can't overflow
    log_probs = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    loss = -log_probs[rows, labels].mean()

    dlogits = log_probs.exp()
    dlogits[rows, labels] -= 1
    return loss, dlogits / n
    # END SOLUTION


def layer_norm_forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> tuple[Tensor, Any]:
    """out = gamma * x_hat + beta with x_hat = (x - mean) / sqrt(var + eps), row by row.

    Args:
        x: (N, D); mean and (biased) variance are taken over the D features of each row.
        gamma, beta: (D,).

    Returns:
        out (N, D), and the cache for ``layer_norm_backward``.
    """
    # BEGIN SOLUTION
    centered = x - x.mean(dim=1, keepdim=True)
    variance = (centered**2).mean(dim=1, keepdim=True)
    inverse_std = 1 / torch.sqrt(variance + eps)
    x_hat = centered * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
    # END SOLUTION


def layer_norm_backward(upstream: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the loss with respect to x, gamma and beta, given ``upstream`` = dL/dout (N, D).

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    # BEGIN SOLUTION
    x_hat, inverse_std, gamma = cache
    dgamma = (upstream * x_hat).sum(dim=0)
    dbeta = upstream.sum(dim=0)
    g = upstream * gamma  # dL/dx_hat
    through_mean = g.mean(dim=1, keepdim=True)
    through_variance = x_hat * (g * x_hat).mean(dim=1, keepdim=True)
    dx = inverse_std * (g - through_mean - through_variance)
    return dx, dgamma, dbeta
    # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# A network
# ---------------------------------------------------------------------------------------------------------------------


class TwoLayerNet:
    """Linear, ReLU, linear: logits = relu(x @ w1 + b1) @ w2 + b2.

    Attributes:
        params: {"w1": (D, H), "b1": (H,), "w2": (H, C), "b2": (C,)}. The methods use whatever stands there when they
            are called: new values, another dtype, another device.

    The same seed gives the same weights, another seed other weights.
    """

    params: dict[str, Tensor]

    def __init__(self, in_features: int, hidden: int, num_classes: int, seed: int = 0):
        # BEGIN SOLUTION
        generator = torch.Generator().manual_seed(seed)
        self.params = {
            "w1": torch.randn(in_features, hidden, generator=generator) * math.sqrt(2 / in_features),
            "b1": torch.zeros(hidden),
            "w2": torch.randn(hidden, num_classes, generator=generator) * math.sqrt(2 / hidden),
            "b2": torch.zeros(num_classes),
        }
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """(N, D) to logits (N, C)."""
        # BEGIN SOLUTION
        p = self.params
        hidden, _ = linear_forward(x, p["w1"], p["b1"])
        active, _ = relu_forward(hidden)
        logits, _ = linear_forward(active, p["w2"], p["b2"])
        return logits
        # END SOLUTION

    def loss_and_grads(self, x: Tensor, labels: Tensor, weight_decay: float = 0.0) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss on a batch and its gradient with respect to each parameter.

        loss = cross entropy + weight_decay / 2 * (sum of w1^2 + sum of w2^2); biases are not decayed.

        Args:
            x: (N, D).
            labels: (N,) int64.

        Returns:
            the loss (0-d), and a dict with the keys and shapes of ``params``.
        """
        # BEGIN SOLUTION
        p = self.params
        hidden, cache1 = linear_forward(x, p["w1"], p["b1"])
        active, cache_relu = relu_forward(hidden)
        logits, cache2 = linear_forward(active, p["w2"], p["b2"])
        loss, dlogits = softmax_cross_entropy(logits, labels)
        loss = loss + weight_decay / 2 * ((p["w1"] ** 2).sum() + (p["w2"] ** 2).sum())

        dactive, dw2, db2 = linear_backward(dlogits, cache2)
        dhidden = relu_backward(dactive, cache_relu)
        _, dw1, db1 = linear_backward(dhidden, cache1)
        return loss, {"w1": dw1 + weight_decay * p["w1"], "b1": db1, "w2": dw2 + weight_decay * p["w2"], "b2": db2}
        # END SOLUTION


def sgd_step(params: dict[str, Tensor], grads: dict[str, Tensor], learning_rate: float) -> None:
    """One step of gradient descent: p <- p - learning_rate * grad, in place in the tensors that ``params`` holds.

    Args:
        params: tensors by name, changed in place.
        grads: their gradients under the same names, unchanged.
    """
    # BEGIN SOLUTION
    for name, parameter in params.items():
        parameter -= learning_rate * grads[name]
    # END SOLUTION


def train_spiral(
    x: Tensor,
    labels: Tensor,
    num_classes: int = 3,
    hidden: int = 100,
    learning_rate: float = 1.0,
    steps: int = 2000,
    seed: int = 0,
) -> TwoLayerNet:
    """Train a ``TwoLayerNet`` by gradient descent on the whole batch.

    Args:
        x: (N, D) points.
        labels: (N,) int64 in 0..num_classes-1.
        steps: number of updates.
        seed: of the initial weights.

    Returns:
        the trained net, with x's dtype and device.
    """
    # BEGIN SOLUTION
    net = TwoLayerNet(x.shape[1], hidden, num_classes, seed)
    net.params = {name: parameter.to(x) for name, parameter in net.params.items()}
    for _ in range(steps):
        _, grads = net.loss_and_grads(x, labels)
        sgd_step(net.params, grads, learning_rate)
    return net
    # END SOLUTION
