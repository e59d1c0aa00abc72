# release: manual_backprop 1.0
"""Gradient descent and backpropagation by hand.

Every layer comes as a pair. ``..._forward`` computes the output and a ``cache`` with whatever its partner needs;
``..._backward`` takes ``upstream``, the gradient of the loss with respect to that output, and returns the gradient with
respect to each input. A cache may be anything you like. Autograd is off limits: no ``backward``, ``torch.autograd``,
``torch.func`` or ``requires_grad``.

Notation: N rows in the batch, D features in, M features out, H hidden units, C classes. Everything works on float32 and
float64 and on any device, and no function changes its arguments unless its docstring says so.
"""

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
    raise NotImplementedError("gradient_descent")


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
    raise NotImplementedError("numerical_gradient")


def quadratic_cost(predictions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The quadratic cost C = sum (predictions - targets)^2 / (2 N) over all entries, and its gradient.

    Args:
        predictions, targets: (N, M).

    Returns:
        cost (0-d) and dC/dpredictions (N, M).
    """
    raise NotImplementedError("quadratic_cost")


# ---------------------------------------------------------------------------------------------------------------------
# Layers
# ---------------------------------------------------------------------------------------------------------------------


def linear_forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Any]:
    """out = x @ w + b for x (N, D), w (D, M), b (M,).

    Returns:
        out (N, M), and the cache for ``linear_backward``.
    """
    raise NotImplementedError("linear_forward")


def linear_backward(upstream: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the loss with respect to x, w and b, given ``upstream`` = dL/dout (N, M).

    Returns:
        dx (N, D), dw (D, M), db (M,).
    """
    raise NotImplementedError("linear_backward")


def relu_forward(x: Tensor) -> tuple[Tensor, Any]:
    """out = max(x, 0), entry by entry, for x of any shape.

    Returns:
        out (x's shape), and the cache for ``relu_backward``.
    """
    raise NotImplementedError("relu_forward")


def relu_backward(upstream: Tensor, cache: Any) -> Tensor:
    """dL/dx for ``upstream`` = dL/dout: upstream where x > 0, and 0 elsewhere, x = 0 included."""
    raise NotImplementedError("relu_backward")


def sigmoid_forward(x: Tensor) -> tuple[Tensor, Any]:
    """out = 1 / (1 + exp(-x)), entry by entry, for x of any shape; no NaN, however large ``|x|``.

    Returns:
        out (x's shape), and the cache for ``sigmoid_backward``.
    """
    raise NotImplementedError("sigmoid_forward")


def sigmoid_backward(upstream: Tensor, cache: Any) -> Tensor:
    """dL/dx for ``upstream`` = dL/dout, by s' = s (1 - s)."""
    raise NotImplementedError("sigmoid_backward")


def softmax_cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax and cross entropy in one: L = mean over rows of -log softmax(logits)[row, label].

    Args:
        logits: (N, C); entries as large as 1e4 do no harm.
        labels: (N,) int64 in 0..C-1.

    Returns:
        the loss (0-d) and dL/dlogits (N, C).
    """
    raise NotImplementedError("softmax_cross_entropy")


def layer_norm_forward(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> tuple[Tensor, Any]:
    """out = gamma * x_hat + beta with x_hat = (x - mean) / sqrt(var + eps), row by row.

    Args:
        x: (N, D); mean and (biased) variance are taken over the D features of each row.
        gamma, beta: (D,).

    Returns:
        out (N, D), and the cache for ``layer_norm_backward``.
    """
    raise NotImplementedError("layer_norm_forward")


def layer_norm_backward(upstream: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the loss with respect to x, gamma and beta, given ``upstream`` = dL/dout (N, D).

    Returns:
        dx (N, D), dgamma (D,), dbeta (D,).
    """
    raise NotImplementedError("layer_norm_backward")


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
        raise NotImplementedError("TwoLayerNet.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """(N, D) to logits (N, C)."""
        raise NotImplementedError("TwoLayerNet.forward")

    def loss_and_grads(self, x: Tensor, labels: Tensor, weight_decay: float = 0.0) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss on a batch and its gradient with respect to each parameter.

        loss = cross entropy + weight_decay / 2 * (sum of w1^2 + sum of w2^2); biases are not decayed.

        Args:
            x: (N, D).
            labels: (N,) int64.

        Returns:
            the loss (0-d), and a dict with the keys and shapes of ``params``.
        """
        raise NotImplementedError("TwoLayerNet.loss_and_grads")


def sgd_step(params: dict[str, Tensor], grads: dict[str, Tensor], learning_rate: float) -> None:
    """One step of gradient descent: p <- p - learning_rate * grad, in place in the tensors that ``params`` holds.

    Args:
        params: tensors by name, changed in place.
        grads: their gradients under the same names, unchanged.
    """
    raise NotImplementedError("sgd_step")


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
    raise NotImplementedError("train_spiral")
