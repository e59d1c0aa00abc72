"""Where a tensor that a submission returned came from: a note beside the value, for judgements and messages.

A result crosses to the judge by value, so it always lies on the CPU there. What it was before (its device, and the call
that made it) is kept as an ``Origin`` on the tensor itself and is lost by any operation on it, as it should be.
It is a report by the submission's process: good for teaching, never the only ground for points.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

_ATTRIBUTE = "_autograder_origin"


@dataclass(frozen=True)
class Origin:
    """Where a result came from.

    Attributes:
        call: the call that made it, as shown to people: ``softmax(x: float64 (4, 5), dim=1)``.
        device: the device the result was on.
        asked: the device of the run, on which a result must live.
    """

    call: str
    device: torch.device
    asked: torch.device


def origin_of(value: object) -> Origin | None:
    """The note on a result, or None for anything that did not come from a submission."""
    origin = getattr(value, _ATTRIBUTE, None) if isinstance(value, torch.Tensor) else None
    return origin if isinstance(origin, Origin) else None


def set_origin(tensor: torch.Tensor, origin: Origin) -> None:
    """Note on a result where it came from."""
    setattr(tensor, _ATTRIBUTE, origin)
