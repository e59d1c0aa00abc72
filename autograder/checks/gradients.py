"""assert_gradient and assert_jacobian: derivatives judged by central differences of a trusted function in float64.

The function is the test's own, never the submission's forward: nonsense that is consistent with itself would pass.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch

from autograder.checks.closeness import check_tolerances
from autograder.checks.describe import (
    at_place,
    dtype_name,
    kind,
    label_of,
    not_dense,
    number,
    pair,
    place_of_largest,
    summary,
)
from autograder.checks.diagnosis import Diagnosis, GradientCase, likely_cause_of_gradient, likely_cause_of_shape
from autograder.checks.differences import EPS, FINER, STEP, Function, Slopes, differences, evaluated
from autograder.core.figures import error_map, with_figure
from autograder.core.values import origin_of
from autograder.errors import CheckFailure, TestDefect

_FULL = 512  # inputs up to which every entry is judged; beyond, directions first
_MOST = 4096  # inputs up to which every entry is looked at once the directions disagree; beyond, a sample first
_SAMPLE = 64
_TABLE = 10**6  # entries of a Jacobian that is kept for the sake of a diagnosis
_DIRECTIONS = 3
# (relative, relative to the largest entry) by dtype of what is judged.
_TOLERANCES = {torch.float64: (1e-6, 1e-7), torch.float32: (1e-4, 2e-5)}
_FLOOR = {torch.float64: 1e-10, torch.float32: 1e-6}
_MATCH = {torch.float64: 2e-6, torch.float32: 3e-4}  # what a diagnosis must reproduce


@dataclass(frozen=True)
class _Terms:
    """What is judged, and by what."""

    name: str
    dtype: torch.dtype
    rtol: float | None
    atol: float | None
    hint: str | None

    def __post_init__(self) -> None:
        check_tolerances(self.rtol, self.atol)

    def allowed(self, slopes: Slopes, scale: float) -> torch.Tensor:
        """How far each entry may be off, with values of about this scale."""
        relative, of_largest = _TOLERANCES[self.dtype]
        size = slopes.central.abs()
        rtol = relative if self.rtol is None else self.rtol
        if self.atol is not None:
            return rtol * size + self.atol
        largest = float(size.max())
        floor = _FLOOR[self.dtype] * min(1.0, max(scale, largest) or 1.0)
        return rtol * size + max(of_largest * largest, floor) + slopes.noise


@dataclass(frozen=True)
class _Trusted:
    """What the expected values come from: the test's function at a point, and the weights of its outputs.

    Attributes:
        of: the function.
        point: where, float64.
        weights: the upstream, flat; None for a scalar function.
        jacobian: whether its Jacobian is judged, not the gradient.
    """

    of: Function
    point: torch.Tensor
    weights: torch.Tensor | None = None
    jacobian: bool = False

    def slopes(self, entries: Sequence[int] | None = None, step: float = STEP) -> Slopes:
        """What is expected, one row for a gradient, by all inputs or those of these flat indices."""
        reduce = None if self.jacobian else self.reduced
        return differences(self.of, self.point, entries, step, reduce)

    def reduced(self, slopes: Slopes) -> Slopes:
        """From those of all outputs to those of the scalar."""
        return slopes.weighted(self.weights)

    def scale(self) -> float:
        """The size of the function's value: a gradient that is 0 has rounding errors of about its precision."""
        value = evaluated(self.of, self.point).reshape(-1).abs()
        return float(value.sum() if self.weights is None else value @ self.weights.abs())

    def scalar(self, x: torch.Tensor) -> float:
        """The function whose gradient it is."""
        value = evaluated(self.of, x).reshape(-1)
        return float(value.sum() if self.weights is None else value @ self.weights)


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
            So float32 arithmetic inside, which errs by as much, is not seen: ``assert_close`` with a reference sees it.
        label: what is judged, for the message; default: the call that the result came from.
        hint: where to look, shown last.

    Raises:
        CheckFailure: it is wrong; the message says where most, and the likely cause if one is certain.
        TestDefect: the trusted function is not finite, not float64 or not smooth there, or needs an upstream and has
            none; or an argument can't be used.
    """
    __tracebackhide__ = True
    name = label_of(actual, label, "the gradient")
    point = _checked_point(at)
    judged = _Terms(name, at.dtype, rtol, atol, hint)
    actual = _checked_form(actual, judged)
    value = evaluated(of, point)
    trusted = _Trusted(of, point, _flat_upstream(value, upstream))
    wide, match = actual.to(torch.float64), _MATCH[at.dtype]
    parts = _checked_parts(terms or {}, point)
    if point.numel() > _FULL and _is_settled(actual, trusted, judged, tuple(value.shape)):
        return
    table = differences(of, point) if point.numel() <= _FULL and point.numel() * value.numel() <= _TABLE else None
    slopes = trusted.reduced(table) if table is not None else trusted.slopes()
    expected = slopes.central.reshape(point.shape)
    if actual.shape != point.shape:
        _fail_on_shape(actual, expected, judged, likely_cause_of_shape(wide, expected, match))
    jacobian = table.central if table is not None else None
    case = GradientCase(wide, expected, jacobian, trusted.weights, tuple(value.shape), parts, match)
    _judge(case, slopes, trusted, judged, summary(actual), lambda: likely_cause_of_gradient(case))


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
    point = _checked_point(at)
    judged = _Terms(label_of(actual, label, "the Jacobian"), at.dtype, rtol, atol, hint)
    actual = _checked_form(actual, judged)
    shape = tuple(evaluated(of, point).shape)
    if math.prod(shape) == 0:
        raise TestDefect("there is no Jacobian to judge of an empty value")
    trusted = _Trusted(of, point, jacobian=True)
    slopes = trusted.slopes()
    expected = slopes.central.reshape(*shape, *point.shape)
    wide, match = actual.to(torch.float64), _MATCH[at.dtype]
    if actual.shape != expected.shape:
        _fail_on_shape(actual, expected, judged, likely_cause_of_shape(wide, expected, match))
    case = GradientCase(wide, expected, None, None, shape, match=match, input_shape=tuple(point.shape))
    _judge(case, slopes, trusted, judged, summary(actual), lambda: _jacobian_cause(case, slopes.central))


def _is_settled(actual: torch.Tensor, trusted: _Trusted, judged: _Terms, output_shape: tuple[int, ...]) -> bool:
    """Whether a gradient with many entries is right as a few directions tell; raises where a sample tells it is not."""
    __tracebackhide__ = True
    if actual.shape != trusted.point.shape:
        if actual.numel() > _MOST or trusted.point.numel() > _MOST:
            _fail_on_shape(actual, trusted.point, judged, None)
        return False
    wide = actual.to(torch.float64)
    random = _generator_for(wide)
    if _directions_agree(wide, trusted, judged, random):
        return True
    if wide.numel() > _MOST:
        _judge_sample(actual, trusted, judged, output_shape, random)
    return False


def _judge_sample(
    actual: torch.Tensor, trusted: _Trusted, judged: _Terms, output_shape: tuple[int, ...], random: torch.Generator
) -> None:
    """The entry that the directions lead to, and some at random: enough to fail a wrong gradient, not to pass one."""
    __tracebackhide__ = True
    wide = actual.to(torch.float64)
    entries = torch.randperm(wide.numel(), generator=random)[:_SAMPLE].tolist()
    entries = sorted({_suspect(wide, trusted, random), *entries})
    slopes, few = trusted.slopes(entries), wide.flatten()[entries]
    expected, inputs = slopes.central.flatten(), tuple(wide.shape)
    case = GradientCase(few, expected, None, None, output_shape, match=_MATCH[judged.dtype], input_shape=inputs)

    def diagnose() -> Diagnosis | None:
        return likely_cause_of_gradient(case) if few.any() or not wide.any() else None

    _judge(case, slopes, trusted, judged, summary(actual), diagnose, entries)


def _suspect(wide: torch.Tensor, trusted: _Trusted, random: torch.Generator) -> int:
    """An entry that is wrong, found by halving: on with the half along which the slope is further off."""
    if not wide.isfinite().all():
        return int((~wide.isfinite()).flatten().nonzero()[0])
    entries = torch.randperm(wide.numel(), generator=random)
    while len(entries) > 1:
        halves = entries.tensor_split(2)
        errors = []
        for half in halves:
            within = torch.zeros(wide.numel(), dtype=torch.float64)
            within[half] = 1.0
            direction = _direction(trusted.point, random) * within.reshape(wide.shape)
            errors.append(_slope_error(wide, trusted, direction)[0])
        entries = halves[0] if not errors[0] < errors[1] else halves[1]
    return int(entries[0])


def _generator_for(x: torch.Tensor) -> torch.Generator:
    """Random numbers that depend on the values judged: directions known before could be satisfied without the rest."""
    digest = hashlib.sha256(x.detach().contiguous().numpy().tobytes()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))


def _direction(point: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """A random direction in which every entry counts: at least half as much as others, to either side."""
    signs = 2.0 * torch.randint(0, 2, point.shape, generator=random) - 1
    return signs * (0.5 + torch.rand(point.shape, generator=random, dtype=torch.float64))


def _slope_error(wide: torch.Tensor, trusted: _Trusted, direction: torch.Tensor) -> tuple[float, float]:
    """How far the slope along a direction is off, and what of it rounding may be."""
    move = STEP * direction * trusted.point.abs().clamp(min=1.0)
    above, below = trusted.point + move, trusted.point - move
    plus, minus = trusted.scalar(above), trusted.scalar(below)
    predicted = float((wide * (above - below)).sum())
    rounding = 4 * EPS * max(abs(plus), abs(minus)) / STEP
    return abs(plus - minus - predicted) / (2 * STEP), rounding


def _directions_agree(wide: torch.Tensor, trusted: _Trusted, judged: _Terms, random: torch.Generator) -> bool:
    """Compare derivatives along a few random directions: a cheap pass for large inputs.

    The bound is a tenth of what rounding may make of all entries together; what fails it is looked at entry by entry.
    Where that is out of the question it is three times all that the tolerances allow, so that what is right entry by
    entry does not fail it.
    """
    rtol = default = _TOLERANCES[judged.dtype][0]
    if judged.rtol is not None:
        rtol = judged.rtol
    reach = trusted.point.abs().clamp(min=1.0)  # steps grow with the inputs
    size = float((wide * reach).norm())
    if wide.numel() > _MOST:
        bound = 3 * (rtol * size + (judged.atol or 0.0) * float(reach.norm()))
    else:
        bound = 0.1 * min(rtol, default) * size
    if not math.isfinite(bound):  # an infinity, or one that came of squaring: any slope would be within it
        return False
    for _ in range(_DIRECTIONS):
        error, rounding = _slope_error(wide, trusted, _direction(trusted.point, random))
        if not error <= bound + rounding:
            return False
    return True


def _flat_upstream(value: torch.Tensor, upstream: torch.Tensor | None) -> torch.Tensor | None:
    if upstream is None:
        if value.numel() != 1:
            raise TestDefect(f"the trusted function has shape {tuple(value.shape)}: give an upstream of that shape")
        return None
    if upstream.shape != value.shape:
        raise TestDefect(f"upstream {tuple(upstream.shape)} is not of the function's shape {tuple(value.shape)}")
    if not upstream.isfinite().all():
        raise TestDefect("the upstream is not finite")
    return upstream.detach().to(torch.float64).reshape(-1)


def _checked_point(at: torch.Tensor) -> torch.Tensor:
    """Where the gradient is taken, in float64."""
    if not isinstance(at, torch.Tensor) or at.dtype not in _TOLERANCES:
        found = dtype_name(at.dtype) if isinstance(at, torch.Tensor) else kind(at)
        raise TestDefect(f"gradients are judged at one tensor in float64 or float32, not {found}")
    if at.numel() == 0:
        raise TestDefect("there is no gradient to judge at an empty input")
    if not at.isfinite().all():
        raise TestDefect("there is no gradient to judge at NaN or an infinity")
    return at.detach().to(torch.float64)


def _checked_parts(terms: Mapping[str, torch.Tensor], point: torch.Tensor) -> dict[str, torch.Tensor]:
    """The named terms in float64 and in full shape."""
    try:
        return {name: term.detach().to(torch.float64).expand(point.shape) for name, term in terms.items()}
    except RuntimeError:
        raise TestDefect(f"the terms are not all of the input's shape {tuple(point.shape)}") from None


def _checked_form(actual: Any, judged: _Terms) -> torch.Tensor:
    """The result, when it is an ordinary tensor of the right dtype and device."""
    __tracebackhide__ = True
    name, hint = judged.name, judged.hint
    if type(actual) is not torch.Tensor:
        details = [f"got {kind(actual)}", f"expected a {dtype_name(judged.dtype)} tensor"]
        raise CheckFailure(f"{name} returned the wrong type", details, hint=hint)
    if not_dense(actual) is not None:
        details = [f"got {kind(actual)}", f"expected {dtype_name(judged.dtype)}"]
        raise CheckFailure(f"{name} is not an ordinary dense tensor", details, hint=hint)
    if actual.dtype != judged.dtype:
        details = [f"got {dtype_name(actual.dtype)}", f"expected {dtype_name(judged.dtype)}, the input's"]
        hint = hint or "a new tensor takes dtype=x.dtype (or use zeros_like)"
        raise CheckFailure(f"{name} has the wrong dtype", details, cause="wrong dtype", hint=hint)
    origin = origin_of(actual)
    if origin is not None and origin.device.type != origin.asked.type:
        details = [f"got a result on {origin.device}", f"expected it on {origin.asked}, where the arguments are"]
        raise CheckFailure(f"{name} is on the wrong device", details, cause="wrong device", hint=hint)
    return actual.detach().cpu()


def _fail_on_shape(actual: torch.Tensor, expected: torch.Tensor, judged: _Terms, found: Diagnosis | None) -> NoReturn:
    __tracebackhide__ = True
    details = [f"got      {tuple(actual.shape)}", f"expected {tuple(expected.shape)}"]
    if found is not None:
        details.append(found.explanation)
    cause = found.cause if found is not None else None
    raise CheckFailure(f"{judged.name} has the wrong shape", details, cause=cause, hint=judged.hint)


def _judge(
    case: GradientCase,
    slopes: Slopes,
    trusted: _Trusted,
    judged: _Terms,
    shown: str,
    diagnose: Callable[[], Diagnosis | None],
    entries: Sequence[int] | None = None,
) -> None:
    """Entry by entry; ``entries`` are the flat indices of those in the case, when it is not about all."""
    __tracebackhide__ = True
    wide, expected = case.actual, case.expected
    allowed = judged.allowed(slopes, trusted.scale()).reshape(expected.shape)
    off = (wide - expected).abs()
    wrong = ~(off <= allowed)
    if not wrong.any():
        return
    finite = bool(wide.isfinite().all())
    if finite and _is_doubtful(slopes, trusted, off, allowed, wrong, entries):
        raise TestDefect(f"{judged.name}: differences are no good where entries differ: a kink there, or too steep?")
    place = place_of_largest(off)
    got, wanted = pair(wide, expected, place)
    if entries is not None:
        place_there = torch.unravel_index(torch.tensor(entries[place[0]]), trusted.point.shape)
        where, count = at_place(tuple(int(i) for i in place_there)), f"{wrong.numel()} entries looked at"
    else:
        where, count = at_place(place), f"{wrong.numel()} entries"
    details = [
        f"got      {got}{where} of {shown}",
        f"expected {wanted} by finite differences (difference {number(float(off[place]))})",
    ]
    cause = None
    if not finite:
        cause = f"NaN or infinite in {int((~wide.isfinite()).sum())} entries" if entries is None else "NaN or infinite"
    elif (found := diagnose()) is not None:
        cause = found.cause
        details.append(found.explanation)
    headline = f"{judged.name}: the gradient is wrong in {int(wrong.sum())} of {count}"
    failure = CheckFailure(headline, details, cause=cause, hint=judged.hint)
    axes = ("output", "input") if trusted.jacobian else None
    raise with_figure(failure, error_map(judged.name, wide, expected, wrong, axes))


def _is_doubtful(
    slopes: Slopes,
    trusted: _Trusted,
    off: torch.Tensor,
    allowed: torch.Tensor,
    wrong: torch.Tensor,
    entries: Sequence[int] | None,
) -> bool:
    """Whether all that is wrong may be no more than an error of the differences."""
    off, allowed, wrong = (x.reshape(slopes.central.shape) for x in (off, allowed, wrong))
    inputs = wrong.any(0).nonzero().flatten()
    worst = inputs[[int(off[:, inputs].amax(0).argmax())]]
    for some in (worst, inputs):  # one first: it costs little, and settles nearly every case
        finer = trusted.slopes([entries[i] if entries is not None else i for i in some.tolist()], STEP / FINER)
        doubtful = slopes.of_inputs(some).doubtful(off[:, some], allowed[:, some], finer)
        if bool((wrong[:, some] & ~doubtful).any()):
            return False
    return True


def _jacobian_cause(case: GradientCase, flat: torch.Tensor) -> Diagnosis | None:
    actual = case.actual.reshape(flat.shape)
    near = case.match * flat.abs().max()
    if flat.shape[0] == flat.shape[1] and not bool(((actual - flat).abs() <= 10 * near).all()):
        if torch.equal(actual, torch.diag(actual.diagonal())) and bool(
            ((actual - flat).diagonal().abs() <= near).all() and actual.any()
        ):
            return Diagnosis("only the diagonal", "the entries off the diagonal are 0, and should not be")
        if bool(((actual - flat.T).abs() <= near).all()):
            return Diagnosis("transposed", "its transpose is right: outputs come first, inputs last")
    return likely_cause_of_gradient(case)
