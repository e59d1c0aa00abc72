"""Functions with a derivative of your own, and networks made of them.

Each class below is a ``torch.autograd.Function``: ``forward`` computes the result and keeps what ``backward`` needs;
``backward`` takes ``upstream``, the gradient of the loss with respect to that result, and returns one value for each
argument of ``apply``: a gradient, or None where there is none. They are used as ``ReLU.apply(x)``, never as objects.
Instead of ``forward(ctx, ...)`` you may write ``forward(...)`` and ``setup_context(ctx, inputs, output)``.

Notation: N rows in the batch, D features in, M features out, H hidden units, C classes. Everything works on float32 and
float64 and on any device, and no function changes its arguments unless its docstring says so.
"""

import math
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
        # BEGIN SOLUTION
        ctx.save_for_backward(x)
        return x.clamp(min=0)
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        # BEGIN SOLUTION
        (x,) = ctx.saved_tensors
        return upstream.masked_fill(x <= 0, 0.0)
        # END SOLUTION


class Sigmoid(Function):
    """``apply(x)``: 1 / (1 + exp(-x)), entry by entry, for x of any shape. Twice differentiable.

    Neither the result nor a derivative is NaN, however large ``|x|``.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        # BEGIN SOLUTION
        e = torch.exp(-x.abs())  # in (0, 1]: can't overflow
        out = torch.where(x >= 0, 1 / (1 + e), e / (1 + e))
        ctx.save_for_backward(out)  # an output: when backward is differentiated, it still depends on x
        return out
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        # BEGIN SOLUTION
        (out,) = ctx.saved_tensors
        return upstream * out * (1 - out)
        # END SOLUTION


class Linear(Function):
    """``apply(x, weight, bias=None)``: x @ weight.T + bias. Twice differentiable.

    x is (..., D) with any number of leading dimensions, or none; weight (M, D); bias (M,) or None; the result (..., M).
    Only those gradients are computed that ``ctx.needs_input_grad`` asks for. It has one entry for each argument that
    ``apply`` was given, and so may have two or three.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        # BEGIN SOLUTION
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        return out if bias is None else out + bias
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        # BEGIN SOLUTION
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = (*ctx.needs_input_grad, False)[:3]
        rows = upstream.reshape(-1, weight.shape[0])
        dx = upstream @ weight if for_x else None
        dweight = rows.T @ x.reshape(-1, weight.shape[1]) if for_weight else None
        dbias = rows.sum(dim=0) if for_bias else None
        return dx, dweight, dbias
        # END SOLUTION


class LogSumExp(Function):
    """``apply(x, dim)``: log of the sum of exp(x) along ``dim``, which the result lacks. Twice differentiable.

    ``dim`` is a Python int and may be negative. Entries as large as 1e30 in float64 and 1e4 in float32 do no harm. An
    entry of -inf counts for nothing and has gradient 0; where all of a slice are -inf, so is the result.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int) -> Tensor:
        # BEGIN SOLUTION
        ctx.save_for_backward(x)
        ctx.dim = dim
        largest = x.amax(dim=dim, keepdim=True)
        largest = largest.masked_fill(largest.isinf(), 0.0)  # -inf - -inf would be NaN
        return (x - largest).exp().sum(dim=dim).log() + largest.squeeze(dim)
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        # BEGIN SOLUTION
        (x,) = ctx.saved_tensors
        weights = x.softmax(dim=ctx.dim).masked_fill(x == -math.inf, 0.0)
        return upstream.unsqueeze(ctx.dim) * weights, None
        # END SOLUTION


class Clamp(Function):
    """``apply(x, low, high)``: x brought into [low, high], entry by entry; low and high are Python numbers.

    The gradient is 1 where low <= x <= high, both ends included, and 0 elsewhere.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        # BEGIN SOLUTION
        ctx.save_for_backward(x)
        ctx.bounds = low, high
        return x.clamp(low, high)
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        # BEGIN SOLUTION
        (x,) = ctx.saved_tensors
        low, high = ctx.bounds
        return upstream.masked_fill((x < low) | (x > high), 0.0), None, None
        # END SOLUTION


class RoundSTE(Function):
    """``apply(x)``: x rounded to whole numbers as ``torch.round`` does, ties to the even one.

    Its derivative is 0 almost everywhere, and nothing could be learnt through it. So backward is "straight through": it
    hands on the upstream as if the function were the identity.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        # BEGIN SOLUTION
        return x.round()
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        # BEGIN SOLUTION
        return upstream
        # END SOLUTION


class ReverseGradient(Function):
    """``apply(x, scale)``: x itself; backward gives -scale * upstream. ``scale`` is a number. Twice differentiable."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        # BEGIN SOLUTION
        ctx.scale = scale
        return x.view_as(x)
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        # BEGIN SOLUTION
        return -ctx.scale * upstream, None
        # END SOLUTION


class SquareInPlace(Function):
    """``apply(x)``: squares x in place, tells autograd so, and returns x. The gradient uses the old values."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        # BEGIN SOLUTION
        ctx.save_for_backward(x.clone())
        ctx.mark_dirty(x)
        return x.mul_(x)
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        # BEGIN SOLUTION
        (old,) = ctx.saved_tensors
        return 2 * old * upstream
        # END SOLUTION


class SoftmaxCrossEntropy(Function):
    """``apply(logits, labels)``: the mean over rows of -log softmax(logits)[row, label]. Twice differentiable.

    logits is (N, C), entries as large as 1e4 do no harm; labels (N,) int64 in 0..C-1; the result is 0-d. There is no
    gradient for the labels.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        # BEGIN SOLUTION
        ctx.save_for_backward(logits, labels)
        log_probs = logits.log_softmax(dim=1)
        return -log_probs.gather(1, labels[:, None]).mean()
        # END SOLUTION

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        # BEGIN SOLUTION
        logits, labels = ctx.saved_tensors
        target = torch.zeros_like(logits).scatter_(1, labels[:, None], 1.0)
        return upstream * (logits.softmax(dim=1) - target) / logits.shape[0], None
        # END SOLUTION


# ---------------------------------------------------------------------------------------------------------------------
# Networks of these functions
# ---------------------------------------------------------------------------------------------------------------------


# BEGIN SOLUTION
class _Layer(nn.Module):
    """A weight and a bias for ``Linear``, with the initial values of ``torch.nn.Linear``."""

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        return Linear.apply(x, self.weight, self.bias)


# END SOLUTION


class TwoLayerNet(nn.Module):
    """Linear, ReLU, linear, built from ``Linear`` and ``ReLU`` above.

    Its weights, with or without biases, are registered parameters, so that ``parameters()`` finds them and ``.to()``
    moves them. Hidden units start with different weights.
    """

    def __init__(self, in_features: int, hidden: int, out_features: int):
        super().__init__()
        # BEGIN SOLUTION
        self.first = _Layer(in_features, hidden)
        self.second = _Layer(hidden, out_features)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) to (N, out_features)."""
        # BEGIN SOLUTION
        return self.second(ReLU.apply(self.first(x)))
        # END SOLUTION


class DynamicNet(nn.Module):
    """A network that is as deep as each call says, built from ``Linear`` and ``ReLU`` above.

    Input layer and ReLU; then ``repeats`` times (0 or more) the same middle layer and ReLU; then the output layer. The
    middle layer is one set of registered parameters, and what its uses contribute to its gradient adds up.
    """

    def __init__(self, in_features: int, hidden: int, out_features: int):
        super().__init__()
        # BEGIN SOLUTION
        self.input = _Layer(in_features, hidden)
        self.middle = _Layer(hidden, hidden)
        self.output = _Layer(hidden, out_features)
        # END SOLUTION

    def forward(self, x: Tensor, repeats: int) -> Tensor:
        """(N, in_features) to (N, out_features)."""
        # BEGIN SOLUTION
        h = ReLU.apply(self.input(x))
        for _ in range(repeats):
            h = ReLU.apply(self.middle(h))
        return self.output(h)
        # END SOLUTION


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
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    net = TwoLayerNet(x.shape[1], hidden, y.shape[1]).to(x)
    losses = []
    for _ in range(steps):
        loss = (net(x) - y).square().sum()
        losses.append(loss.item())
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= learning_rate * parameter.grad
    return net, losses
    # END SOLUTION
