"""Central differences of a trusted function in float64, with how far each can be trusted.

They err by about eps·|f|/h (rounding) + M·h²/6 (truncation), least near h = eps^(1/3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autograder.checks.describe import dtype_name
from autograder.errors import TestDefect

Function = Callable[[torch.Tensor], Any]

EPS = torch.finfo(torch.float64).eps
STEP = EPS ** (1 / 3)
FINER = 8  # times smaller is the step that a failure is doubted with
_CHUNK = 256  # inputs whose differences are taken together


@dataclass(frozen=True)
class Slopes:
    """Finite differences, and how far they can be trusted: tensors of shape (outputs, inputs), float64.

    Attributes:
        central: central differences.
        noise: the size of the error that rounding of the function's value makes in them.
        bend: half of how far the slopes to the two sides are apart.
    """

    central: torch.Tensor
    noise: torch.Tensor
    bend: torch.Tensor

    def weighted(self, weights: torch.Tensor | None) -> Slopes:
        """The slopes of the outputs' weighted sum, as the only output."""
        if weights is None:
            weights = torch.ones(len(self.central), dtype=torch.float64)
        size = weights.abs()
        return Slopes((weights @ self.central)[None], (size @ self.noise)[None], (weights @ self.bend)[None])

    def of_inputs(self, inputs: torch.Tensor) -> Slopes:
        """Some columns."""
        return Slopes(self.central[:, inputs], self.noise[:, inputs], self.bend[:, inputs])

    def doubtful(self, off: torch.Tensor, allowed: torch.Tensor, finer: Slopes) -> torch.Tensor:
        """Mask of the entries that are off by no more than these differences may be themselves.

        With a finer step, the bend of a smooth function shrinks in proportion, that of a kink does not; and central
        differences that the step matters to are no good.
        """
        kink = (finer.bend - self.bend / FINER).abs() > 0.06 * self.bend.abs() + 2 * finer.noise
        inaccurate = (finer.central - self.central).abs() > 0.5 * off + 2 * finer.noise
        return (kink & (off <= 1.01 * self.bend.abs() + allowed)) | inaccurate


def differences(
    of: Function,
    at: torch.Tensor,
    entries: Sequence[int] | None = None,
    step: float = STEP,
    reduce: Callable[[Slopes], Slopes] | None = None,
) -> Slopes:
    """Differences of ``of`` by the entries of ``at`` (all, or those of these flat indices): (outputs, entries).

    ``reduce`` makes fewer outputs of the slopes by one entry.
    """
    here = evaluated(of, at).reshape(-1)
    wanted = range(at.numel()) if entries is None else entries
    parts = []
    for start in range(0, len(wanted), _CHUNK):
        part = _differences_of(of, at, here, wanted[start : start + _CHUNK], step)
        parts.append(part if reduce is None else reduce(part))
    if not parts:
        return Slopes(*(torch.zeros(here.numel(), 0, dtype=torch.float64) for _ in range(3)))
    together = zip(*((part.central, part.noise, part.bend) for part in parts), strict=True)
    return Slopes(*(torch.cat(part, dim=1) for part in together))


def _differences_of(of: Function, at: torch.Tensor, here: torch.Tensor, entries: Sequence[int], step: float) -> Slopes:
    old = at.reshape(-1)[list(entries)]
    width = step * old.abs().clamp(min=1.0)
    above, below = old + width, old - width  # two floats about a step to either side; their true difference counts
    plus, minus = (_values(of, at, entries, changed) for changed in (above.tolist(), below.tolist()))
    width = above - below
    # An output that does not change at all has no rounding error either, however large it is.
    noise = (8 * EPS * torch.maximum(plus.abs(), minus.abs()) / width).where(plus != minus, 0.0)
    return Slopes((plus - minus) / width, noise, (plus - 2 * here[:, None] + minus) / width)


def _values(of: Function, at: torch.Tensor, entries: Sequence[int], changed: Sequence[float]) -> torch.Tensor:
    """The function's values with one entry changed, then another: (outputs, entries)."""
    found = []
    with torch.no_grad():
        for entry, value in zip(entries, changed, strict=True):
            point = at.clone(memory_format=torch.contiguous_format)  # the value may be a view of it, or it be changed
            point.view(-1)[entry] = value
            found.append(_as_tensor(of(point)).reshape(-1))
    together = torch.stack(found, dim=1)
    _refuse_unusable(together)
    return together


def evaluated(of: Function, point: torch.Tensor) -> torch.Tensor:
    """The function's value at a point; a ``TestDefect`` where it is not finite or not float64."""
    with torch.no_grad():
        value = _as_tensor(of(point.clone()))  # a copy: the value may be a view of it, and the function may change it
    _refuse_unusable(value)
    return value.detach()


def _as_tensor(value: Any) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value), dtype=torch.float64)


def _refuse_unusable(value: torch.Tensor) -> None:
    if value.dtype != torch.float64:
        raise TestDefect(f"the trusted function must stay in float64, it gives {dtype_name(value.dtype)}")
    if not value.isfinite().all():
        raise TestDefect("the trusted function gives NaN or an infinity where the gradient is judged")
