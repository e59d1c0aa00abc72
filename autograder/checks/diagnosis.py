"""The likely cause of a wrong result: each is a hypothesis that predicts the wrong values, kept only when it does.

A wrong diagnosis is worse than none, so a hypothesis must reproduce what came back to within rounding, and values that
would fit several hypotheses (all entries 1, say) are left without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch

_MATCH = {torch.float64: 2e-6, torch.float32: 2e-4}
_ENOUGH = 3  # nonzero entries, below which any number is a "constant factor"
_ENOUGH_OFF = 12  # entries, below which steps of one size to either side are too often all to one side


@dataclass(frozen=True)
class Diagnosis:
    """A cause in a few stable words, and a sentence for the student."""

    cause: str
    explanation: str


_ALMOST = Diagnosis(
    "small error", "right to several digits: lower precision somewhere, an approximation, or a small term out of place?"
)


@dataclass(frozen=True)
class GradientCase:
    """A wrong gradient and what is known of the right one, all in float64.

    Attributes:
        actual: what came back, in the shape of the input.
        expected: the gradient by finite differences of the trusted function.
        jacobian: (outputs, inputs) of that function, where it was computed.
        upstream: (outputs,), flattened; None for a scalar function.
        output_shape: of the function's value.
        terms: named parts of the expected gradient.
        match: relative accuracy that a hypothesis must reach.
        input_shape: where it is not that of ``actual``: in a Jacobian, or when only some entries are judged.
    """

    actual: torch.Tensor
    expected: torch.Tensor
    jacobian: torch.Tensor | None
    upstream: torch.Tensor | None
    output_shape: tuple[int, ...]
    terms: Mapping[str, torch.Tensor] = field(default_factory=dict)
    match: float = _MATCH[torch.float64]
    input_shape: tuple[int, ...] | None = None


def likely_cause_of_gradient(case: GradientCase) -> Diagnosis | None:
    """The first hypothesis that explains a wrong gradient, from the most telling on."""
    if _same(case.actual, case.expected, 10 * case.match):  # any hypothesis near the truth would seem to fit
        return _almost(case.actual, case.expected, case.match)
    if _is_zero(case.actual):
        return Diagnosis("zero", "every entry is 0: is the gradient computed, and returned?")
    if not _is_telling(case.expected):
        return None
    for hypothesis in _HYPOTHESES:
        found = hypothesis(case)
        if found is not None:
            return found
    return None


def likely_cause_of_shape(actual: torch.Tensor, expected: torch.Tensor, match: float) -> Diagnosis | None:
    """Why a gradient has another shape than its input, when its values tell."""
    found = _other_shape(actual, expected, match)
    if found is None and _is_sum_missing(actual, expected, match):
        return Diagnosis("missing sum over the batch", "its sum over the first dimension is right")
    return found


def likely_cause_of_other_shape(actual: torch.Tensor, expected: torch.Tensor) -> Diagnosis | None:
    """Why any result has another shape than expected: as its values tell, or dimensions of size 1."""
    match = _MATCH.get(expected.dtype, _MATCH[torch.float64])
    actual, expected = actual.to(torch.float64), expected.to(torch.float64)
    found = _other_shape(actual, expected, match)
    if found is None and _is_sum_missing(actual, expected, match):
        return Diagnosis("missing sum", "its sum over the first dimension is right")
    if found is None and _without_ones(actual) == _without_ones(expected):
        more = actual.dim() > expected.dim()
        cause = "an extra dimension of size 1" if more else "a dimension of size 1 is lost or misplaced"
        return Diagnosis(cause, "the shapes differ in nothing else")
    return found


def likely_cause_of_values(actual: torch.Tensor, expected: torch.Tensor) -> Diagnosis | None:
    """What explains wrong values of any result, when something simple does."""
    match = _MATCH.get(expected.dtype)
    a, e = actual.to(torch.float64), expected.to(torch.float64)
    if match is None or not (a.isfinite().all() and e.isfinite().all()):
        return None
    if _same(a, e, 10 * match):  # any hypothesis near the truth would seem to fit
        return _almost(a, e, match)
    if _is_zero(a) and a.numel() > 1:  # that a single number is 0 is plain, and may have any reason
        return Diagnosis("zero", "every entry is 0")
    if not _is_telling(e):
        return None
    sizes = _sizes((tuple(e.shape), ""))
    if found := _known_factor(a, e, sizes, match) or _unknown_factor(a, e, match):
        return found
    if e.dim() == 2 and e.shape[0] == e.shape[1] and _same(a, e.T, match):
        return Diagnosis("transposed", "its transpose is right")
    return _offset(a, e, match)


def _offset(a: torch.Tensor, e: torch.Tensor, match: float) -> Diagnosis | None:
    """A constant that is missing or too many; not a round one, as it is rather of the test's making.

    Counting numbers read from a wrong place differ by a whole number, and so do values that a test adds 1 to.
    """
    if e.numel() < _ENOUGH_OFF or _is_constant(e):
        return None
    offset = float((a - e).mean())
    if _is_round(offset, match * float(e.abs().max())) or not _same(a - offset, e, match):
        return None
    return Diagnosis("constant offset", f"every entry is off by {offset:.5g}")


def _almost(a: torch.Tensor, e: torch.Tensor, match: float) -> Diagnosis | None:
    """Close to the largest entry's precision: a small error only where that is true of the small entries too."""
    close = (a - e).abs() <= 1e-3 * e.abs() + 1e-3 * match * e.abs().max()
    return _ALMOST if bool(close.all()) else None


def _other_shape(actual: torch.Tensor, expected: torch.Tensor, match: float) -> Diagnosis | None:
    """The right values in another shape."""
    if actual.numel() != expected.numel():
        return None
    in_order = _same(actual.reshape(expected.shape), expected, match)
    if _without_ones(actual) == _without_ones(expected):
        if not in_order:
            return None
        if actual.dim() > expected.dim():
            why = "the values are right: keepdim, unsqueeze, a missing squeeze, or a missing sum over it?"
            return Diagnosis("an extra dimension of size 1", why)
        return Diagnosis("a dimension of size 1 is lost or misplaced", "the values are right")
    if actual.shape == expected.shape[::-1] and _same(actual.permute(*reversed(range(actual.dim()))), expected, match):
        return Diagnosis("transposed", "its transpose is right")
    return Diagnosis("another shape", "the values are right, in their order: it was reshaped") if in_order else None


def _is_sum_missing(actual: torch.Tensor, expected: torch.Tensor, match: float) -> bool:
    if actual.dim() != expected.dim() + 1 or actual.shape[1:] != expected.shape or len(actual) < 2:
        return False
    return not _is_zero(expected) and _same(actual.sum(0), expected, match)


def _without_ones(x: torch.Tensor) -> list[int]:
    return [size for size in x.shape if size != 1]


def _upstream_ignored(case: GradientCase) -> Diagnosis | None:
    if case.jacobian is None or case.upstream is None:
        return None
    alone = case.jacobian.sum(0).reshape(case.expected.shape)
    if not _is_zero(alone) and _same(case.actual, alone, case.match):
        return Diagnosis("upstream ignored", "it is right for an upstream of ones: multiply by the upstream gradient")
    return None


def _diagonal(case: GradientCase) -> Diagnosis | None:
    """Only dy_i/dx_i, of a function whose outputs also depend on other inputs."""
    if case.jacobian is None or case.output_shape != tuple(case.expected.shape):
        return None
    upstream = case.upstream if case.upstream is not None else torch.ones(len(case.jacobian), dtype=torch.float64)
    only = (case.jacobian.diagonal() * upstream).reshape(case.expected.shape)
    if not _same(only, case.expected, case.match) and _same(case.actual, only, case.match):
        return Diagnosis("only the diagonal", "each output depends on several inputs; only its own was counted")
    turned = (case.jacobian @ upstream).reshape(case.expected.shape)
    if not _same(turned, case.expected, case.match) and _same(case.actual, turned, case.match):
        return Diagnosis("transposed Jacobian", "it is J times the upstream; the pullback is J transposed")
    return None


def _term(case: GradientCase) -> Diagnosis | None:
    """A named term that is missing, alone, or of the wrong sign; nothing where two such stories fit."""
    found = []
    for name, term in case.terms.items():
        if _is_zero(term):
            continue
        if _same(case.actual, case.expected - term, case.match):
            found.append(Diagnosis(f"missing term: {name}", f"adding {name} makes it right"))
        if _same(case.actual, case.expected - 2 * term, case.match):
            found.append(Diagnosis(f"wrong sign: {name}", f"{name} enters with the other sign"))
        if len(case.terms) > 2 and _same(case.actual, term, case.match):
            found.append(Diagnosis(f"only {name}", f"{name} is there, the other terms are missing"))
    return found[0] if len(found) == 1 else None


def _known_factor_case(case: GradientCase) -> Diagnosis | None:
    shape = case.input_shape if case.input_shape is not None else tuple(case.expected.shape)
    sizes = _sizes((shape, " of the input"), (case.output_shape, " of the function's value"))
    return _known_factor(case.actual, case.expected, sizes, case.match)


def _unknown_factor_case(case: GradientCase) -> Diagnosis | None:
    return _unknown_factor(case.actual, case.expected, case.match)


def _transposed_case(case: GradientCase) -> Diagnosis | None:
    e = case.expected
    if e.dim() == 2 and e.shape[0] == e.shape[1] and _same(case.actual, e.T, case.match):
        return Diagnosis("transposed", "its transpose is right")
    return None


def _one_sample(case: GradientCase) -> Diagnosis | None:
    """A parameter's gradient that counts only one sample of the batch, or an input's that fills only some rows."""
    e, a = case.expected, case.actual
    if e.dim() > 1 and len(e) > 1 and e[0].numel() > 1:  # of single entries, some are often 0 for another reason
        rows = [i for i in range(len(e)) if not _is_zero(a[i])]
        wanted = [i for i in range(len(e)) if not _is_zero(e[i])]
        if 0 < len(rows) < len(wanted) and _same(a[rows], e[rows], case.match):
            return Diagnosis("rows missing", f"right in row {rows[0]}{' and others' * (len(rows) > 1)}, 0 in the rest")
    if case.jacobian is None or case.upstream is None or len(case.output_shape) < 2 or case.output_shape[0] < 2:
        return None
    batch = case.output_shape[0]
    parts = (case.jacobian * case.upstream[:, None]).reshape(batch, -1, e.numel()).sum(1).reshape(batch, *e.shape)
    for n in (0, batch - 1):
        others = [i for i in range(len(e)) if i != n]
        if len(e) == batch and _is_zero(parts[n][others]):  # rows of an input that belong to the samples: no sum
            continue
        if not _same(parts[n], e, case.match) and _same(a, parts[n], case.match):
            return Diagnosis("missing sum over the batch", f"it is the contribution of sample {n} alone")
    return None


def _signs(case: GradientCase) -> Diagnosis | None:
    if _same(case.actual.abs(), case.expected.abs(), case.match) and case.expected.numel() >= _ENOUGH:
        wrong = int((case.actual * case.expected < 0).sum())
        return Diagnosis("wrong signs", f"right up to the sign, which is wrong in {wrong} entries")
    return None


# A factor with a name goes first: it is plain, and a constant upstream or equal terms would pass for others.
_HYPOTHESES: tuple[Callable[[GradientCase], Diagnosis | None], ...] = (
    _known_factor_case,
    _upstream_ignored,
    _term,
    _diagonal,
    _unknown_factor_case,
    _transposed_case,
    _one_sample,
    _signs,
)


def _factor(a: torch.Tensor, e: torch.Tensor, match: float) -> float | None:
    """The number c of actual = c · expected, if that is so."""
    norm = float((e * e).sum())
    if norm == 0:
        return None
    c = float((a * e).sum()) / norm
    return c if c != 0 and abs(c - 1) >= 10 * match and _same(a, c * e, match) else None


def _known_factor(a: torch.Tensor, e: torch.Tensor, sizes: Mapping[int, str], match: float) -> Diagnosis | None:
    c = _factor(a, e, match)
    if c is None:
        return None
    for value, name, meaning in _known_factors(sizes):
        if abs(c / value - 1) < 2 * match:
            return Diagnosis(f"factor {name}", f"every entry is {name} times what it should be{meaning}")
    return None


def _unknown_factor(a: torch.Tensor, e: torch.Tensor, match: float) -> Diagnosis | None:
    """Any number is the factor of few entries, of a lone row or column (where each sample has a factor of its own), and
    of equal entries, which a constant offset would explain as well."""
    c = _factor(a, e, match)
    if c is None or abs(c - 1) < 1e-3 or _is_constant(e):
        return None
    places = (e.abs() > match * e.abs().max()).nonzero()
    lone = any(size > 1 and bool((column == column[0]).all()) for size, column in zip(e.shape, places.T, strict=True))
    if lone or len(places) < _ENOUGH:
        return None
    return Diagnosis(f"factor {c:.4g}", f"every entry is {c:.4g} times what it should be")


def _known_factors(sizes: Mapping[int, str]) -> Iterator[tuple[float, str, str]]:
    """Values, names and meanings; dimensions first. A 2 may be a dimension, or a half too few: no one can tell."""
    for size, what in sizes.items():
        if size > 2:
            yield size, str(size), f"; {size} is {what}: is a division missing?"
            twice = " (or a factor 2 missing twice)" if size == 4 else ""
            yield 1 / size, f"1/{size}", f"; {size} is {what}: is one division too many?{twice}"
            yield -1 / size, f"-1/{size}", f"; {size} is {what}, and the sign is wrong"
            yield -size, f"-{size}", f"; {size} is {what}, and the sign is wrong"
    also = f" (2 is also {sizes[2]})" if 2 in sizes else ""
    yield -1.0, "-1", ": the sign is wrong"
    yield 2.0, "2", f": is a half missing, or something counted twice?{also}"
    yield 0.5, "1/2", f": is a factor 2 missing?{also}"
    yield -2.0, "-2", also
    yield -0.5, "-1/2", also


def _sizes(*shapes: tuple[tuple[int, ...], str]) -> dict[int, str]:
    """What a number that equals a dimension's size, or the count of all entries, may stand for."""
    found: dict[int, list[str]] = {}
    for shape, whose in shapes:
        for i, size in enumerate(shape):
            often = ", often the batch" if i == 0 and len(shape) > 1 else ""
            found.setdefault(size, []).append(f"the size of dimension {i}{whose}{often}")
    for shape, whose in shapes:
        if len(shape) > 1:
            found.setdefault(math.prod(shape), []).append(f"the number of entries{whose}")
    return {size: " and ".join(what) for size, what in found.items()}


def _same(a: torch.Tensor, b: torch.Tensor, match: float) -> bool:
    if a.shape != b.shape or not a.numel():
        return False
    return bool((a - b).abs().max() <= match * torch.maximum(a.abs().max(), b.abs().max()))


def _is_zero(x: torch.Tensor) -> bool:
    return x.numel() > 0 and bool((x == 0).all())


def _is_constant(x: torch.Tensor) -> bool:
    return bool((x - x.flatten()[0]).abs().max() <= 1e-6 * x.abs().max())


def _is_telling(e: torch.Tensor) -> bool:
    """Whether what reproduces wrong values is no coincidence: not where all that is not 0 is one round number."""
    entries = e[e.abs() > 1e-6 * e.abs().max()]
    if not len(entries):
        return False
    return not _is_constant(entries) or not _is_round(float(entries[0]))


def _is_round(number: float, within: float = 1e-7) -> bool:
    """Whether it is a number of eighths; infinity and NaN tell as little."""
    eighths = 8 * number
    return not math.isfinite(eighths) or abs(eighths - round(eighths)) <= 8 * within
