"""Running one probe on the submission's module: what the worker and the local mode do alike.

Arguments are placed on the device, random number generators seeded, the probe called, and its arguments compared with
what they were. What is found here is measured beside the submission's code: good for teaching, not proof.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.core.limits import Limits
from autograder.core.probe import Probe


@dataclass(frozen=True)
class Request:
    """One probe run that a test asks for.

    Attributes:
        what: a probe, or the name of a function of the submission.
        seed: for torch, numpy and random, so that a run does not depend on what ran before it.
        device: where tensor arguments are put.
        limits: what it may use, where something outside can enforce it.
    """

    what: Probe | str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    seed: int
    device: torch.device
    limits: Limits


@dataclass(frozen=True)
class Reply:
    """What came back: the value, and the names of arguments that were changed in place."""

    value: Any
    changed: tuple[str, ...]


def execute(
    function: Callable[..., Any], module: ModuleType, args: tuple[Any, ...], kwargs: Mapping[str, Any], request: Request
) -> Reply:
    """Call ``function(module, *args, **kwargs)`` on arguments that are ours to spoil.

    Raises:
        Exception: whatever the submission raises.
    """
    __tracebackhide__ = True
    args, kwargs = place(args, request.device), place(dict(kwargs), request.device)
    before = keep(args), keep(kwargs)
    seed_all(request.seed, request.device)
    compute_in_full()
    value = function(module, *args, **kwargs)
    return Reply(value, _changed(request.what, before, (args, kwargs)))


def call_by_name(name: str) -> Callable[..., Any]:
    """The probe that only calls one function of the submission."""

    def call(student: ModuleType, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return getattr(student, name)(*args, **kwargs)

    return call


def seed_all(seed: int, device: torch.device) -> None:
    """Seed every generator that a submission commonly draws from."""
    random.seed(seed)
    np.random.seed(seed)
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # manual_seed asks all accelerators too, which takes 0.2 ms
    else:
        torch.manual_seed(seed)


def compute_in_full() -> None:
    """No TF32: its products of float32 keep 10 bits of the mantissa, far from what results are judged by."""
    if torch.get_float32_matmul_precision() != "highest":
        torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def place(value: Any, device: torch.device) -> Any:
    """The same structure with its tensors on ``device``."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if type(value) in (list, tuple):
        return type(value)(place(item, device) for item in value)
    if type(value) is dict:
        return {key: place(item, device) for key, item in value.items()}
    return value


def keep(value: Any) -> Any:
    """A copy to compare with later."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(keep(item) for item in value)
    if type(value) is dict:
        return {key: keep(item) for key, item in value.items()}
    return value


def same(a: Any, b: Any) -> bool:
    """Whether two kept values are equal entry by entry; NaN equals NaN."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return torch.equal(a, b) or bool(((a == b) | ((a != a) & (b != b))).all())
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and bool(((a == b) | ((a != a) & (b != b))).all())
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b) or a != a


def _changed(what: Probe | str, before: tuple[Any, Any], after: tuple[Any, Any]) -> tuple[str, ...]:
    names = what.parameters if isinstance(what, Probe) else ()
    found = []
    for position, (old, new) in enumerate(zip(before[0], after[0], strict=True)):
        if not same(old, new):
            found.append(names[position] if position < len(names) else str(position))
    found += [key for key, old in before[1].items() if not same(old, after[1][key])]
    return tuple(found)
