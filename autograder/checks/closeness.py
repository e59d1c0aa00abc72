"""assert_close: two values are equal up to rounding, and of the same type, shape, dtype and on the right device.

Never broadcasts and never calls anything of an actual value before its exact type is known. Refuses NaN, infinities and
empty results unless the expected value has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
import torch

from autograder.checks.describe import (
    at_place,
    dtype_name,
    kind,
    label_of,
    not_dense,
    number,
    pair,
    place_of_largest,
    shown,
    summary,
)
from autograder.checks.diagnosis import likely_cause_of_other_shape, likely_cause_of_values
from autograder.core.figures import error_map, with_figure
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
# What a number may come back as, by the type of the expected one.
_NUMBERS: dict[type, tuple[type, ...]] = {int: (int,), float: (int, float), complex: (int, float, complex)}
_EXACT = (bool, str, bytes, type(None), torch.dtype, torch.device)


def check_tolerances(rtol: float | None, atol: float | None) -> None:
    """Raise ``TestDefect`` for tolerances that no value meets, or that make no sense."""
    if (rtol is not None and not 0 <= rtol < math.inf) or (atol is not None and not atol >= 0):
        raise TestDefect(f"tolerances are numbers from 0 on, not rtol={rtol}, atol={atol}")


@dataclass(frozen=True)
class _Terms:
    """What a comparison is made by."""

    rtol: float | None
    atol: float | None
    hint: str | None
    allow_empty: bool
    cause: str | None = None

    def __post_init__(self) -> None:
        check_tolerances(self.rtol, self.atol)

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
    cause: str | None = None,
) -> None:
    """Judge that a result is what was expected.

    Args:
        actual: a result of the submission.
        expected: tensor, array, number, bool, str, bytes, None, dtype, device, or a list, tuple or dict of these.
        rtol: relative tolerance; default by the expected dtype (float64 1e-9, float32 1e-5; integers exact).
        atol: absolute tolerance; likewise (1e-11, 1e-6).
        label: what is judged, for the message; default: the call that the result came from.
        hint: where to look, shown last.
        allow_empty: expect an empty tensor; its shape and dtype are all that is judged.
        cause: the likely cause of wrong values in a few words, where the test is made so that it knows; default: what
            the values themselves tell.

    Raises:
        CheckFailure: it is not; the message says in what, where most, and the likely cause if one is certain.
        TestDefect: the expected value is empty and ``allow_empty`` is not set, so nothing would be judged; or it is of
            a type that can't be judged, or a tolerance is negative.
    """
    __tracebackhide__ = True
    _compare(actual, expected, label_of(actual, label), _Terms(rtol, atol, hint, allow_empty, cause))


def _compare(actual: Any, expected: Any, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if isinstance(expected, list | tuple):
        _compare_sequences(actual, expected, label, terms)
    elif isinstance(expected, dict):
        _compare_dicts(actual, expected, label, terms)
    elif isinstance(expected, torch.Tensor):
        _compare_tensors(actual, expected, label, terms)
    elif isinstance(expected, np.ndarray | np.generic):
        _compare_arrays(actual, expected, label, terms)
    elif type(expected) in _NUMBERS:
        _compare_numbers(actual, expected, label, terms)
    elif type(expected) not in _EXACT:
        raise TestDefect(f"{label}: a {kind(expected)} as expected value can't be judged")
    elif type(actual) is not type(expected) or actual != expected:
        details = [f"got {shown(actual)}", f"expected {shown(expected)}"]
        _fail(label, "is not what was expected", details, terms, terms.cause)


def _compare_sequences(actual: Any, expected: list[Any] | tuple[Any, ...], label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) not in (list, tuple) or len(actual) != len(expected):
        details = [f"got {shown(actual)}", f"expected a {type(expected).__name__} of {len(expected)}"]
        _fail(label, "returned the wrong type or number of values", details, terms)
    for i, (one, other) in enumerate(zip(actual, expected, strict=True)):
        _compare(one, other, f"{label}[{i}]", terms)


def _compare_dicts(actual: Any, expected: dict[Any, Any], label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) is not dict:
        _fail(label, "returned the wrong type", [f"got {kind(actual)}", f"expected a dict of {len(expected)}"], terms)
    if actual.keys() != expected.keys():
        details = [f"got {shown(list(actual))}", f"expected {shown(list(expected))}"]
        _fail(label, "has the wrong keys", details, terms)
    for key, value in expected.items():
        _compare(actual[key], value, f"{label}[{shown(key)}]", terms)


def _compare_arrays(actual: Any, expected: Any, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    wanted = np.ndarray if isinstance(expected, np.ndarray) else type(expected)
    if type(actual) is not wanted:
        name = "NumPy array" if wanted is np.ndarray else wanted.__name__
        _fail(label, "returned the wrong type", [f"got {kind(actual)}", f"expected a {name}"], terms)
    one, other = _as_tensor(actual), _as_tensor(expected)
    if other is None:
        raise TestDefect(f"{label}: an expected array of dtype {expected.dtype} can't be judged")
    if one is None:
        _fail(label, "has the wrong dtype", [f"got {kind(actual)}", f"expected {dtype_name(other.dtype)}"], terms)
    _compare_tensors(one, other, label, terms)


def _as_tensor(array: Any) -> torch.Tensor | None:
    """A copy of an array's values, or None where torch has no such dtype (objects, texts)."""
    values = np.asarray(array)
    try:
        return torch.from_numpy(values.astype(values.dtype.newbyteorder("="), order="C", copy=True))
    except TypeError:
        return None


def _compare_numbers(actual: Any, expected: int | float | complex, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) not in _NUMBERS[type(expected)]:
        wanted = f"expected a Python {type(expected).__name__}"
        hint = terms.hint or ("x.item() makes a number of a tensor" if type(actual) is torch.Tensor else None)
        raise CheckFailure(f"{label} returned the wrong type", [f"got {kind(actual)}", wanted], hint=hint)
    details = [f"got {shown(actual)}", f"expected {shown(expected)}"]
    if isinstance(expected, int):
        rtol, atol = terms.tolerance(torch.int64)
        if actual == expected or atol == math.inf:
            return
        if abs(actual - expected) > Fraction(atol) + Fraction(rtol) * abs(expected):
            _fail(label, "is the wrong number", details, terms, terms.cause)
        return
    dtype = torch.complex128 if isinstance(expected, complex) else torch.float64
    try:
        one, other = (torch.tensor(value * 1.0, dtype=dtype) for value in (actual, expected))
    except OverflowError:
        _fail(label, "is the wrong number", details, terms)
    _compare_values(one, other, label, terms)


def _fail_as_reference(expected: torch.Tensor, label: str, problem: str) -> NoReturn:
    """An expected value that can't judge: the test's fault, unless it is a result of the submission itself."""
    __tracebackhide__ = True
    origin = origin_of(expected)
    if origin is None:
        raise TestDefect(f"{label}: {problem}")
    raise CheckFailure(f"{label} has nothing to be compared with", [f"{origin.call} returned {summary(expected)}"])


def _compare_tensors(actual: Any, expected: torch.Tensor, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    if type(actual) is not torch.Tensor:
        details = [f"got {kind(actual)}", f"expected a tensor: {summary(expected)}"]
        _fail(label, "returned the wrong type", details, terms)
    if not_dense(expected) is not None:
        _fail_as_reference(expected, label, f"a {not_dense(expected)} tensor as expected value can't be judged")
    if not_dense(actual) is not None:
        details = [f"got {kind(actual)}", f"expected {summary(expected)}"]
        _fail(label, "is not an ordinary dense tensor", details, terms)
    if expected.numel() == 0 and not terms.allow_empty:
        _fail_as_reference(expected, label, "the expected value is empty; pass allow_empty=True if that is meant")
    expected = expected.detach()
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
    _compare_values(actual.detach().cpu(), expected.cpu(), label, terms)


def _compare_values(actual: torch.Tensor, expected: torch.Tensor, label: str, terms: _Terms) -> None:
    __tracebackhide__ = True
    rtol, atol = terms.tolerance(expected.dtype)
    off = _distance(actual, expected)
    wrong = off.isinf() | (off > atol + rtol * _wide(expected).abs())
    count = int(wrong.sum())
    if not count:
        return
    entries = f"{count} of {expected.numel()} entries" if expected.dim() else "its value"
    place = place_of_largest(off.masked_fill(~wrong, -1.0))
    got, wanted = pair(actual, expected, place)
    details = [
        f"got      {got}{at_place(place)}",
        f"expected {wanted} (difference {number(off[place].item())}, allowed {rtol:g} relative + {atol:g})",
    ]
    cause = terms.cause or _not_finite(actual, expected)
    if cause is None and expected.is_floating_point() and (found := likely_cause_of_values(actual, expected)):
        cause = found.cause
        details.append(found.explanation)
    failure = CheckFailure(f"{label} is wrong in {entries}", details, cause=cause, hint=terms.hint)
    raise with_figure(failure, error_map(label, actual, expected, wrong))


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.to(torch.complex128 if x.is_complex() else torch.float64)


def _distance(actual: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """How far apart, as float64: 0 where equal (so are two NaNs), infinite where only one is NaN or infinite."""
    if not (actual.is_floating_point() or actual.is_complex()):
        return _integer_distance(actual, expected)
    one, other = _wide(actual), _wide(expected)
    equal = (one == other) | (one.isnan() & other.isnan())
    off = torch.nan_to_num((one - other).abs(), nan=float("inf"), posinf=float("inf"))
    return off.masked_fill(equal, 0.0)


def _integer_distance(actual: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Exact up to one rounding: float64 alone would make neighbours beyond 2**53 equal."""
    one, other = actual.numpy(), expected.numpy()
    high, low = np.maximum(one, other), np.minimum(one, other)
    return torch.from_numpy(np.asarray(high.astype(np.uint64) - low.astype(np.uint64), dtype=np.float64))


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
    details = [f"got      {tuple(actual.shape)}", f"expected {tuple(expected.shape)}"]
    found = None
    if not actual.is_complex() and not expected.is_complex():
        found = likely_cause_of_other_shape(actual.detach().cpu(), expected.cpu())
    if found is not None:
        details.append(found.explanation)
    cause = found.cause if found is not None else None
    raise CheckFailure(f"{label} has the wrong shape", details, cause=cause, hint=terms.hint)


def _fail(label: str, what: str, details: list[str], terms: _Terms, cause: str | None = None) -> NoReturn:
    __tracebackhide__ = True
    raise CheckFailure(f"{label} {what}", details, cause=cause, hint=terms.hint)
