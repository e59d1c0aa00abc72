"""assert_close: two values are equal up to rounding, and of the same type, shape, dtype and on the right device.

Never broadcasts and never calls anything of an actual value before its exact type is known. Refuses NaN, infinities and
empty results unless the expected value has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch

from autograder.checks.describe import at_place, dtype_name, label_of, number, pair, place_of_largest, summary
from autograder.checks.diagnosis import likely_cause_of_values
from autograder.core.values import origin_of
from autograder.errors import CheckFailure, TestDefect

# (relative, absolute) by dtype of the expected value: some hundred roundings of values of order one.
TOLERANCES = {
    torch.float64: (1e-9, 1e-11),
    torch.float32: (1e-5, 1e-6),
    torch.float16: (2e-3, 1e-3),
    torch.bfloat16: (2e-2, 1e-2),
    torch.complex128: (1e-9, 1e-11),
    torch.complex64: (1e-5, 1e-6),
}


@dataclass(frozen=True)
class _Terms:
    """What a comparison is made by."""

    rtol: float | None
    atol: float | None
    hint: str | None
    allow_empty: bool

    def tolerance(self, dtype: torch.dtype) -> tuple[float, float]:
        rtol, atol = TOLERANCES.get(dtype, (0.0, 0.0))
        return (rtol if self.rtol is None else self.rtol, atol if self.atol is None else self.atol)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    label: str | None = None,
    hint: str | None = None,
    allow_empty: bool = False,
) -> None:
    """Judge that a result is what was expected.

    Args:
        actual: a result of the submission.
        expected: tensor, array, int, float, bool, str, None, dtype, device, or a list or tuple of these.
        rtol: relative tolerance; default by the expected dtype (float64 1e-9, float32 1e-5; integers exact).
        atol: absolute tolerance; likewise (1e-11, 1e-6).
        label: what is judged, for the message; default: the call that the result came from.
        hint: where to look, shown last.
        allow_empty: expect an empty tensor; its shape and dtype are all that is judged.

    Raises:
        CheckFailure: it is not; the message says in what, where most, and the likely cause if one is certain.
        TestDefect: the expected value is empty and ``allow_empty`` is not set, so nothing would be judged.
    """
    __tracebackhide__ = True
    _compare(actual, expected, label_of(actual, label), _Terms(rtol, atol, hint, allow_empty))


def _compare(actual: Any, expected: Any, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if isinstance(expected, list | tuple):
        _compare_sequences(actual, expected, label, terms)
    elif isinstance(expected, torch.Tensor):
        _compare_tensors(actual, expected.detach(), label, terms)
    elif isinstance(expected, np.ndarray):
        if type(actual) is not np.ndarray:
            _fail(label, "returned the wrong type", [f"got {_kind(actual)}", "expected a NumPy array"], terms)
        _compare_tensors(torch.from_numpy(actual.copy()), torch.from_numpy(expected.copy()), label, terms)
    elif type(expected) in (int, float) and type(expected) is not bool:
        _compare_numbers(actual, expected, label, terms)
    elif type(actual) is not type(expected) or actual != expected:
        _fail(label, "is not what was expected", [f"got {_shown(actual)}", f"expected {_shown(expected)}"], terms)


def _compare_sequences(actual: Any, expected: list[Any] | tuple[Any, ...], label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) not in (list, tuple) or len(actual) != len(expected):
        kind = type(expected).__name__
        details = [f"got {_shown(actual)}", f"expected a {kind} of {len(expected)}"]
        _fail(label, "returned the wrong type or number of values", details, terms)
    for i, (one, other) in enumerate(zip(actual, expected, strict=True)):
        _compare(one, other, f"{label}[{i}]", terms)


def _compare_numbers(actual: Any, expected: int | float, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    kinds = (int,) if type(expected) is int else (int, float)
    if type(actual) not in kinds:
        wanted = f"expected a Python {type(expected).__name__}"
        hint = terms.hint or ("x.item() makes a number of a tensor" if isinstance(actual, torch.Tensor) else None)
        raise CheckFailure(f"{label} returned the wrong type", [f"got {_kind(actual)}", wanted], hint=hint)
    if type(expected) is int:
        if actual != expected:
            _fail(label, "is the wrong number", [f"got {actual}", f"expected {expected}"], terms)
    else:
        one, other = (torch.tensor(value, dtype=torch.float64) for value in (actual, expected))
        _compare_values(one, other, label, terms)


def _compare_tensors(actual: Any, expected: torch.Tensor, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) is not torch.Tensor:
        details = [f"got {_kind(actual)}", f"expected a tensor: {summary(expected)}"]
        _fail(label, "returned the wrong type", details, terms)
    if expected.numel() == 0 and not terms.allow_empty:
        raise TestDefect(f"{label}: the expected value is empty; pass allow_empty=True if that is meant")
    if actual.shape != expected.shape:
        _fail_on_shape(actual, expected, label, terms)
    if actual.dtype != expected.dtype:
        details = [f"got {dtype_name(actual.dtype)}", f"expected {dtype_name(expected.dtype)}"]
        hint = terms.hint or "a new tensor takes dtype=x.dtype (or use zeros_like, new_zeros); casts change it too"
        raise CheckFailure(f"{label} has the wrong dtype", details, cause="wrong dtype", hint=hint)
    origin = origin_of(actual)
    if origin is not None and origin.device.type != origin.asked.type:
        details = [f"got a result on {origin.device}", f"expected it on {origin.asked}, where the arguments are"]
        hint = "a new tensor takes device=x.device (or use zeros_like, new_zeros)"
        raise CheckFailure(f"{label} is on the wrong device", details, cause="wrong device", hint=hint)
    _compare_values(actual, expected.cpu(), label, terms)


def _compare_values(actual: torch.Tensor, expected: torch.Tensor, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    rtol, atol = terms.tolerance(expected.dtype)
    wrong = ~torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    count = int(wrong.sum())
    if not count:
        return
    entries = f"{count} of {expected.numel()} entries" if expected.dim() else "its value"
    off = _distance(actual, expected).masked_fill(~wrong, -1.0)
    place = place_of_largest(off)
    got, wanted = pair(actual, expected, place)
    details = [
        f"got      {got}{at_place(place)}",
        f"expected {wanted} (difference {number(off[place].item())}, allowed {rtol:g} relative + {atol:g})",
    ]
    cause = None
    if not_finite := _not_finite(actual, expected):
        cause = not_finite
    elif expected.is_floating_point() and (found := likely_cause_of_values(actual, expected)) is not None:
        cause = found.cause
        details.append(found.explanation)
    raise CheckFailure(f"{label} is wrong in {entries}", details, cause=cause, hint=terms.hint)


def _distance(actual: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """How far apart, as float64; a NaN or infinity in only one of them counts as infinitely far."""
    if not (actual.is_floating_point() or actual.is_complex()):
        return (actual.to(torch.float64) - expected.to(torch.float64)).abs()
    wide = torch.complex128 if actual.is_complex() else torch.float64
    return torch.nan_to_num((actual.to(wide) - expected.to(wide)).abs(), nan=float("inf"), posinf=float("inf"))


def _not_finite(actual: torch.Tensor, expected: torch.Tensor) -> str | None:
    if not (actual.is_floating_point() or actual.is_complex()):
        return None
    if n := int((actual.isnan() & ~expected.isnan()).sum()):
        return f"NaN in {n} of {actual.numel()} entries" if actual.dim() else "NaN"
    if n := int((actual.isinf() & ~expected.isinf()).sum()):
        return f"infinite in {n} of {actual.numel()} entries" if actual.dim() else "infinite"
    return None


def _fail_on_shape(actual: torch.Tensor, expected: torch.Tensor, label: str, terms: _Terms) -> NoReturn:
    __tracebackhide__ = True
    got, want = tuple(actual.shape), tuple(expected.shape)
    cause = None
    if [size for size in got if size != 1] == [size for size in want if size != 1]:
        more = len(got) > len(want)
        cause = "an extra dimension of size 1" if more else "a dimension of size 1 is lost or misplaced"
    elif got == want[::-1]:
        cause = "transposed"
    elif len(got) == len(want) + 1 and got[1:] == want:
        cause = "missing sum over the batch" if not terms.hint else None
    details = [f"got      {got}", f"expected {want}"]
    raise CheckFailure(f"{label} has the wrong shape", details, cause=cause, hint=terms.hint)


def _fail(label: str, what: str, details: list[str], terms: _Terms) -> NoReturn:
    __tracebackhide__ = True
    raise CheckFailure(f"{label} {what}", details, hint=terms.hint)


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor ({summary(value)})"
    if isinstance(value, np.ndarray):
        return f"a NumPy array ({value.dtype} {value.shape})"
    return "None (is a return missing?)" if value is None else f"{type(value).__name__}"


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor | np.ndarray) or value is None:
        return _kind(value)
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
