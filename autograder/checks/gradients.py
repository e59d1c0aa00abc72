"""assert_gradient and assert_jacobian: derivatives judged by central differences of a trusted function in float64.

The function is the test's own, never the submission's forward: nonsense that is consistent with itself would pass.
Central differences err by about eps·|f|/h (rounding) + M·h²/6 (truncation), least near h = eps^(1/3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.checks.describe import at_place, dtype_name, label_of, number, pair, place_of_largest, summary
from autograder.checks.diagnosis import Diagnosis, GradientCase, likely_cause_of_gradient, likely_cause_of_shape
from autograder.core.values import origin_of
from autograder.errors import CheckFailure, TestDefect

Function = Callable[[torch.Tensor], Any]

_EPS = torch.finfo(torch.float64).eps
_STEP = _EPS ** (1 / 3)
_FULL = 512  # inputs up to which every entry is judged; beyond, directions first
_DIRECTIONS = 3
# (relative, relative to the largest entry) by dtype of what is judged.
_TOLERANCES = {torch.float64: (1e-6, 1e-7), torch.float32: (1e-4, 2e-5)}
_FLOOR = {torch.float64: 1e-10, torch.float32: 1e-6}


def assert_gradient(
    actual: Any,
    *,
    of: Function,
    at: torch.Tensor,
    upstream: torch.Tensor | None = None,
    terms: Mapping[str, torch.Tensor] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    label: str | None = None,
    hint: str | None = None,
) -> None:
    """Judge a gradient.

    Args:
        actual: a result of the submission; must have the shape and dtype of ``at``.
        of: the trusted function, float64 in and out; scalar, or of any shape with ``upstream`` given.
        at: where the gradient is taken, float64 or float32; differences are taken in float64.
        upstream: gradient with respect to the function's value, of its shape; the gradient is then Jᵀ · upstream.
        terms: named parts that the expected gradient is the sum of, so that a missing one can be named.
        rtol: relative tolerance; default 1e-6 for float64, 1e-4 for float32.
        atol: absolute tolerance; default 1e-7 (2e-5) of the largest entry, and what rounding in the differences needs.
        label: what is judged, for the message; default: the call that the result came from.
        hint: where to look, shown last.

    Raises:
        CheckFailure: it is wrong; the message says where most, and the likely cause if one is certain.
        TestDefect: the trusted function gives NaN there, or needs an upstream and has none.
    """
    __tracebackhide__ = True
    name = label_of(actual, label, "the gradient")
    _check_form(actual, at, name, hint)
    point = at.detach().to(torch.float64)
    value = _evaluated(of, point)
    flat_upstream = _flat_upstream(value, upstream)
    case = None
    if point.numel() > _FULL:
        if _directions_agree(actual, of, point, flat_upstream, rtol):
            return
        expected, noise = _gradient_entries(of, point, flat_upstream)
        jacobian = None
    else:
        jacobian, noise = numerical_jacobian(of, point)
        weights = flat_upstream if flat_upstream is not None else torch.ones(1, dtype=torch.float64)
        noise = noise * float(weights.abs().sum())
        expected = (jacobian.T @ weights).reshape(point.shape)
    match = 2e-6 if actual.dtype == torch.float64 else 3e-4
    wide = actual.to(torch.float64)
    if actual.shape != at.shape:
        _raise_shape(actual, at, name, hint, likely_cause_of_shape(wide, expected, match))
    case = GradientCase(wide, expected, jacobian, flat_upstream, tuple(value.shape), terms or {}, match)
    _judge(actual, expected, noise, name, (rtol, atol), hint, lambda: likely_cause_of_gradient(case))


def assert_jacobian(
    actual: Any,
    *,
    of: Function,
    at: torch.Tensor,
    rtol: float | None = None,
    atol: float | None = None,
    label: str | None = None,
    hint: str | None = None,
) -> None:
    """Judge a Jacobian of shape (*output, *input): entry [o, i] is the derivative of output o by input i.

    Arguments and errors are those of ``assert_gradient``.
    """
    __tracebackhide__ = True
    name = label_of(actual, label, "the Jacobian")
    if type(actual) is not torch.Tensor:
        raise CheckFailure(f"{name} returned the wrong type", [f"got {type(actual).__name__}", "expected a tensor"])
    point = at.detach().to(torch.float64)
    shape = tuple(_evaluated(of, point).shape)
    flat, noise = numerical_jacobian(of, point)
    expected = flat.reshape(*shape, *point.shape)
    if actual.shape != expected.shape:
        found = likely_cause_of_shape(actual.to(torch.float64), expected, 2e-6)
        _raise_shape(actual, expected, name, hint, found)
    case = GradientCase(actual.to(torch.float64), expected, None, None, shape)
    _judge(actual, expected, noise, name, (rtol, atol), hint, lambda: _jacobian_cause(case, flat))


def numerical_jacobian(of: Function, at: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Central differences of ``of`` in float64.

    Returns:
        (outputs, inputs), and the size of the error that rounding in the differences makes.
    """
    point = at.detach().to(torch.float64).contiguous().clone()
    flat = point.view(-1)
    columns, largest = [], 0.0
    for i in range(flat.numel()):
        old = float(flat[i])
        above, below = _around(old)
        flat[i] = above
        plus = _evaluated(of, point).reshape(-1)
        flat[i] = below
        minus = _evaluated(of, point).reshape(-1)
        flat[i] = old
        columns.append((plus - minus) / (above - below))
        largest = max(largest, float(plus.abs().max()) if plus.numel() else 0.0)
    if not columns:
        return torch.zeros(_evaluated(of, point).numel(), 0, dtype=torch.float64), 0.0
    return torch.stack(columns, dim=1), 4 * _EPS * largest / _STEP


def _around(x: float) -> tuple[float, float]:
    """Two floats about h to either side; the step that counts is their true difference."""
    h = _STEP * max(1.0, abs(x))
    return x + h, x - h


def _gradient_entries(of: Function, point: torch.Tensor, upstream: torch.Tensor | None) -> tuple[torch.Tensor, float]:
    scalar = _weighted(of, upstream)
    jacobian, noise = numerical_jacobian(scalar, point)
    return jacobian.reshape(point.shape), noise


def _directions_agree(
    actual: torch.Tensor, of: Function, point: torch.Tensor, upstream: torch.Tensor | None, rtol: float | None
) -> bool:
    """Compare derivatives along a few fixed random directions: a cheap pass for large inputs."""
    if actual.shape != point.shape:
        return False
    scalar, generator = _weighted(of, upstream), torch.Generator().manual_seed(0)
    wide = actual.to(torch.float64)
    bound = (rtol or _TOLERANCES[actual.dtype][0]) * max(float(wide.norm()), 1e-8)
    for _ in range(_DIRECTIONS):
        direction = torch.randn(point.shape, generator=generator, dtype=torch.float64)
        plus, minus = (scalar(point + sign * _STEP * direction) for sign in (1, -1))
        slope = float(plus - minus) / (2 * _STEP)
        rounding = 4 * _EPS * max(abs(float(plus)), abs(float(minus))) / _STEP
        if not abs(slope - float((wide * direction).sum())) <= bound + rounding:
            return False
    return True


def _weighted(of: Function, upstream: torch.Tensor | None) -> Function:
    if upstream is None:
        return of
    return lambda x: (_evaluated(of, x).reshape(-1) * upstream).sum()


def _evaluated(of: Function, point: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        value = of(point)
    value = value if isinstance(value, torch.Tensor) else torch.tensor(float(value), dtype=torch.float64)
    if value.isnan().any():
        raise TestDefect("the trusted function gives NaN where the gradient is judged")
    return value.detach()


def _flat_upstream(value: torch.Tensor, upstream: torch.Tensor | None) -> torch.Tensor | None:
    if upstream is None:
        if value.numel() != 1:
            raise TestDefect(f"the trusted function has shape {tuple(value.shape)}: give an upstream of that shape")
        return None
    if upstream.shape != value.shape:
        raise TestDefect(f"upstream {tuple(upstream.shape)} is not of the function's shape {tuple(value.shape)}")
    return upstream.detach().to(torch.float64).reshape(-1)


def _check_form(actual: Any, at: torch.Tensor, name: str, hint: str | None) -> None:
    __tracebackhide__ = True
    if at.dtype not in _TOLERANCES:
        raise TestDefect(f"gradients are judged in float64 or float32, not {dtype_name(at.dtype)}")
    if at.numel() == 0:
        raise TestDefect("there is no gradient to judge at an empty input")
    if type(actual) is not torch.Tensor:
        got = "None (is a return missing?)" if actual is None else type(actual).__name__
        raise CheckFailure(f"{name} returned the wrong type", [f"got {got}", f"expected a tensor {tuple(at.shape)}"])
    if actual.dtype != at.dtype:
        details = [f"got {dtype_name(actual.dtype)}", f"expected {dtype_name(at.dtype)}, the input's"]
        hint = hint or "a new tensor takes dtype=x.dtype (or use zeros_like)"
        raise CheckFailure(f"{name} has the wrong dtype", details, cause="wrong dtype", hint=hint)
    origin = origin_of(actual)
    if origin is not None and origin.device.type != origin.asked.type:
        details = [f"got a result on {origin.device}", f"expected it on {origin.asked}, where the arguments are"]
        raise CheckFailure(f"{name} is on the wrong device", details, cause="wrong device", hint=hint)


def _raise_shape(actual: torch.Tensor, at: torch.Tensor, name: str, hint: str | None, found: Diagnosis | None) -> None:
    __tracebackhide__ = True
    details = [f"got      {tuple(actual.shape)}", f"expected {tuple(at.shape)}"]
    if found is not None:
        details.append(found.explanation)
    raise CheckFailure(f"{name} has the wrong shape", details, cause=found.cause if found else None, hint=hint)


def _judge(
    actual: torch.Tensor,
    expected: torch.Tensor,
    noise: float,
    name: str,
    tolerances: tuple[float | None, float | None],
    hint: str | None,
    diagnose: Callable[[], Diagnosis | None],
) -> None:
    __tracebackhide__ = True
    relative, of_largest = _TOLERANCES.get(actual.dtype, (1e-4, 2e-5))
    floor = _FLOOR.get(actual.dtype, 1e-6)
    rtol = relative if tolerances[0] is None else tolerances[0]
    atol = tolerances[1]
    if atol is None:
        atol = max(of_largest * float(expected.abs().max()), floor) + noise
    wide = actual.to(torch.float64)
    off = (wide - expected).abs()
    wrong = ~(off <= rtol * expected.abs() + atol)
    if not wrong.any():
        return
    place = place_of_largest(off)
    got, wanted = pair(wide, expected, place)
    details = [
        f"got      {got}{at_place(place)} of {summary(actual)}",
        f"expected {wanted} by finite differences (difference {number(float(off[place]))})",
    ]
    cause = None
    if not wide.isfinite().all():
        cause = f"NaN or infinite in {int((~wide.isfinite()).sum())} entries"
    elif (found := diagnose()) is not None:
        cause = found.cause
        details.append(found.explanation)
    count = f"{int(wrong.sum())} of {wrong.numel()} entries"
    raise CheckFailure(f"{name}: the gradient is wrong in {count}", details, cause=cause, hint=hint)


def _jacobian_cause(case: GradientCase, flat: torch.Tensor) -> Diagnosis | None:
    actual = case.actual.reshape(flat.shape)
    if flat.shape[0] == flat.shape[1]:
        if torch.equal(actual, torch.diag(actual.diagonal())) and bool(
            ((actual - flat).diagonal().abs() <= case.match * flat.abs().max()).all()
        ):
            return Diagnosis("only the diagonal", "the entries off the diagonal are 0, and should not be")
        if bool(((actual - flat.T).abs() <= case.match * flat.abs().max()).all()):
            return Diagnosis("transposed", "its transpose is right: outputs come first, inputs last")
    return likely_cause_of_gradient(case)
