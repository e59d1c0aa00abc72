# release: custom_autograd 1.0
"""Functions with a derivative of your own, and networks made of them.

Each class below is a ``torch.autograd.Function``: ``forward`` computes the result and keeps what ``backward`` needs;
``backward`` takes ``upstream``, the gradient of the loss with respect to that result, and returns one value for each
argument of ``apply``: a gradient, or None where there is none. They are used as ``ReLU.apply(x)``, never as objects.
Instead of ``forward(ctx, ...)`` you may write ``forward(...)`` and ``setup_context(ctx, inputs, output)``.

Notation: N rows in the batch, D features in, M features out, H hidden units, C classes. Everything works on float32 and
float64 and on any device, and no function changes its arguments unless its docstring says so.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------


class ReLU(Function):
    """``apply(x)``: max(x, 0), entry by entry, for x of any shape. The gradient at 0 is 0. Twice differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        raise NotImplementedError("ReLU.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        raise NotImplementedError("ReLU.backward")


class Sigmoid(Function):
    """``apply(x)``: 1 / (1 + exp(-x)), entry by entry, for x of any shape. Twice differentiable.

    Neither the result nor a derivative is NaN, however large ``|x|``.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        raise NotImplementedError("Sigmoid.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        raise NotImplementedError("Sigmoid.backward")


class Linear(Function):
    """``apply(x, weight, bias=None)``: x @ weight.T + bias. Twice differentiable.

    x is (..., D) with any number of leading dimensions, or none; weight (M, D); bias (M,) or None; the result (..., M).
    Only those gradients are computed that ``ctx.needs_input_grad`` asks for. It has one entry for each argument that
    ``apply`` was given, and so may have two or three.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        raise NotImplementedError("Linear.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        raise NotImplementedError("Linear.backward")


class LogSumExp(Function):
    """``apply(x, dim)``: log of the sum of exp(x) along ``dim``, which the result lacks. Twice differentiable.

    ``dim`` is a Python int and may be negative. Entries as large as 1e30 in float64 and 1e4 in float32 do no harm. An
    entry of -inf counts for nothing and has gradient 0; where all of a slice are -inf, so is the result.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int) -> Tensor:
        raise NotImplementedError("LogSumExp.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        raise NotImplementedError("LogSumExp.backward")


class Clamp(Function):
    """``apply(x, low, high)``: x brought into [low, high], entry by entry; low and high are Python numbers.

    The gradient is 1 where low <= x <= high, both ends included, and 0 elsewhere.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        raise NotImplementedError("Clamp.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        raise NotImplementedError("Clamp.backward")


class RoundSTE(Function):
    """``apply(x)``: x rounded to whole numbers as ``torch.round`` does, ties to the even one.

    Its derivative is 0 almost everywhere, and nothing could be learnt through it. So backward is "straight through": it
    hands on the upstream as if the function were the identity.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        raise NotImplementedError("RoundSTE.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        raise NotImplementedError("RoundSTE.backward")


class ReverseGradient(Function):
    """``apply(x, scale)``: x itself; backward gives -scale * upstream. ``scale`` is a number. Twice differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        raise NotImplementedError("ReverseGradient.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        raise NotImplementedError("ReverseGradient.backward")


class SquareInPlace(Function):
    """``apply(x)``: squares x in place, tells autograd so, and returns x. The gradient uses the old values."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        raise NotImplementedError("SquareInPlace.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        raise NotImplementedError("SquareInPlace.backward")


class SoftmaxCrossEntropy(Function):
    """``apply(logits, labels)``: the mean over rows of -log softmax(logits)[row, label]. Twice differentiable.

    logits is (N, C), entries as large as 1e4 do no harm; labels (N,) int64 in 0..C-1; the result is 0-d. There is no
    gradient for the labels.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        raise NotImplementedError("SoftmaxCrossEntropy.forward")

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        raise NotImplementedError("SoftmaxCrossEntropy.backward")


# ---------------------------------------------------------------------------------------------------------------------
# Networks of these functions
# ---------------------------------------------------------------------------------------------------------------------


class TwoLayerNet(nn.Module):
    """Linear, ReLU, linear, built from ``Linear`` and ``ReLU`` above.

    Its weights, with or without biases, are registered parameters, so that ``parameters()`` finds them and ``.to()``
    moves them. Hidden units start with different weights.
    """

    def __init__(self, in_features: int, hidden: int, out_features: int):
        super().__init__()
        raise NotImplementedError("TwoLayerNet.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) to (N, out_features)."""
        raise NotImplementedError("TwoLayerNet.forward")


class DynamicNet(nn.Module):
    """A network that is as deep as each call says, built from ``Linear`` and ``ReLU`` above.

    Input layer and ReLU; then ``repeats`` times (0 or more) the same middle layer and ReLU; then the output layer. The
    middle layer is one set of registered parameters, and what its uses contribute to its gradient adds up.
    """

    def __init__(self, in_features: int, hidden: int, out_features: int):
        super().__init__()
        raise NotImplementedError("DynamicNet.__init__")

    def forward(self, x: Tensor, repeats: int) -> Tensor:
        """(N, in_features) to (N, out_features)."""
        raise NotImplementedError("DynamicNet.forward")


def fit_random_data(
    x: Tensor, y: Tensor, hidden: int = 100, learning_rate: float = 1e-4, steps: int = 500, seed: int = 0
) -> tuple[TwoLayerNet, list[float]]:
    """Fit a ``TwoLayerNet`` to y by plain gradient descent on the whole batch; ``torch.optim`` is not used.

    Args:
        x: (N, D), unchanged.
        y: (N, O), unchanged.
        learning_rate: each step is p <- p - learning_rate * gradient.
        steps: number of updates, 0 or more.
        seed: of the initial weights: the same seed gives the same run, another seed another one.

    Returns:
        the net, with x's dtype and device, and the loss before each step: the sum over all entries of
        (net(x) - y)^2, as Python floats.
    """
    raise NotImplementedError("fit_random_data")
