"""The likely cause of a wrong result: each is a hypothesis that predicts the wrong values, kept only when it does.

A wrong diagnosis is worse than none, so a hypothesis must reproduce what came back to within rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch

_MATCH = {torch.float64: 2e-6, torch.float32: 2e-4}
_ENOUGH = 3  # nonzero entries, below which any number is a "constant factor"


@dataclass(frozen=True)
class Diagnosis:
    """A cause in a few stable words, and a sentence for the student."""

    cause: str
    explanation: str


_ALMOST = Diagnosis("small error", "right to several digits: lower precision somewhere, or an approximation?")


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
    """

    actual: torch.Tensor
    expected: torch.Tensor
    jacobian: torch.Tensor | None
    upstream: torch.Tensor | None
    output_shape: tuple[int, ...]
    terms: Mapping[str, torch.Tensor] = field(default_factory=dict)
    match: float = _MATCH[torch.float64]


def likely_cause_of_gradient(case: GradientCase) -> Diagnosis | None:
    """The first hypothesis that explains a wrong gradient, from the most telling on."""
    if _same(case.actual, case.expected, 10 * case.match):  # any hypothesis near the truth would seem to fit
        return _ALMOST
    for hypothesis in (_zero, _upstream_ignored, _term, _diagonal, _factor_case, _transposed_case, _one_sample, _signs):
        found = hypothesis(case)
        if found is not None:
            return found
    return None


def likely_cause_of_shape(actual: torch.Tensor, expected: torch.Tensor, match: float) -> Diagnosis | None:
    """Why a gradient has another shape than its input, when its values tell."""
    if actual.dim() == expected.dim() + 1 and actual.shape[1:] == expected.shape and len(actual) > 1:
        if _same(actual.sum(0), expected, match):
            return Diagnosis("missing sum over the batch", "its sum over the first dimension is right")
        return None
    if actual.shape == expected.shape[::-1] and _same(actual.T, expected, match):
        return Diagnosis("transposed", "its transpose is right")
    if actual.numel() == expected.numel() and _same(actual.reshape(expected.shape), expected, match):
        return Diagnosis(
            "an extra dimension of size 1", "the values are right: keepdim, unsqueeze or a missing squeeze?"
        )
    return None


def likely_cause_of_values(actual: torch.Tensor, expected: torch.Tensor) -> Diagnosis | None:
    """What explains wrong values of any result, when something simple does."""
    match = _MATCH.get(expected.dtype)
    a, e = actual.to(torch.float64), expected.to(torch.float64)
    if match is None or not (a.isfinite().all() and e.isfinite().all()):
        return None
    if _is_zero(a) and not _is_zero(e):
        return Diagnosis("zero", "every entry is 0")
    if _same(a, e, match):
        return _ALMOST
    if found := _factor(a, e, _sizes(tuple(e.shape)), match):
        return found
    if e.dim() == 2 and e.shape[0] == e.shape[1] and _same(a, e.T, match):
        return Diagnosis("transposed", "its transpose is right")
    if e.numel() >= _ENOUGH and _same(a - (a - e).mean(), e, match):
        return Diagnosis("constant offset", f"every entry is off by {(a - e).mean().item():.5g}")
    return None


def _zero(case: GradientCase) -> Diagnosis | None:
    if _is_zero(case.actual):
        return Diagnosis("zero", "every entry is 0: is the gradient computed, and returned?")
    return None


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
    for name, term in case.terms.items():
        term = term.to(torch.float64)
        if _is_zero(term):
            continue
        if _same(case.actual, case.expected - term, case.match):
            return Diagnosis(f"missing term: {name}", f"adding {name} makes it right")
        if _same(case.actual, case.expected - 2 * term, case.match):
            return Diagnosis(f"wrong sign: {name}", f"{name} enters with the other sign")
        if len(case.terms) > 2 and _same(case.actual, term, case.match):
            return Diagnosis(f"only {name}", f"{name} is there, the other terms are missing")
    return None


def _factor_case(case: GradientCase) -> Diagnosis | None:
    sizes = _sizes(case.output_shape) | _sizes(tuple(case.expected.shape))
    if case.output_shape:
        sizes[case.output_shape[0]] = "the batch size"
    return _factor(case.actual, case.expected, sizes, case.match)


def _transposed_case(case: GradientCase) -> Diagnosis | None:
    e = case.expected
    if e.dim() == 2 and e.shape[0] == e.shape[1] and _same(case.actual, e.T, case.match):
        return Diagnosis("transposed", "its transpose is right")
    return None


def _one_sample(case: GradientCase) -> Diagnosis | None:
    """A parameter's gradient that counts only one sample of the batch, or an input's that fills only some rows."""
    e, a = case.expected, case.actual
    if e.dim() and len(e) > 1:
        rows = [i for i in range(len(e)) if not _is_zero(a[i])]
        wanted = [i for i in range(len(e)) if not _is_zero(e[i])]
        if 0 < len(rows) < len(wanted) and _same(a[rows], e[rows], case.match):
            return Diagnosis("rows missing", f"right in row {rows[0]}{' and others' * (len(rows) > 1)}, 0 in the rest")
    if case.jacobian is None or case.upstream is None or len(case.output_shape) < 2 or case.output_shape[0] < 2:
        return None
    batch = case.output_shape[0]
    parts = (case.jacobian * case.upstream[:, None]).reshape(batch, -1, e.numel()).sum(1).reshape(batch, *e.shape)
    for n in (0, batch - 1):
        if not _same(parts[n], e, case.match) and _same(a, parts[n], case.match):
            return Diagnosis("missing sum over the batch", f"it is the contribution of sample {n} alone")
    return None


def _signs(case: GradientCase) -> Diagnosis | None:
    if _same(case.actual.abs(), case.expected.abs(), case.match) and case.expected.numel() >= _ENOUGH:
        wrong = int((case.actual.sign() != case.expected.sign()).sum())
        return Diagnosis("wrong signs", f"right up to the sign, which is wrong in {wrong} entries")
    return None


def _factor(a: torch.Tensor, e: torch.Tensor, sizes: Mapping[int, str], match: float) -> Diagnosis | None:
    """actual = c · expected for one number c."""
    norm = float((e * e).sum())
    if norm == 0:
        return None
    c = float((a * e).sum()) / norm
    if c == 0 or abs(c - 1) < 100 * match or not _same(a, c * e, match):
        return None
    for value, name, meaning in _known_factors(sizes):
        if abs(c / value - 1) < 10 * match:
            return Diagnosis(f"factor {name}", f"every entry is {name} times what it should be{meaning}")
    if int((e.abs() > match * e.abs().max()).sum()) < _ENOUGH:
        return None
    return Diagnosis(f"factor {c:.4g}", f"every entry is {c:.4g} times what it should be")


def _known_factors(sizes: Mapping[int, str]) -> Iterator[tuple[float, str, str]]:
    """Values, names and meanings; dimensions first, since a 2 that is the batch size is more likely that."""
    for size, what in sizes.items():
        if size > 2:
            yield size, str(size), f"; {size} is {what}: is a division missing?"
            yield 1 / size, f"1/{size}", f"; {size} is {what}: is one division too many?"
            yield -1 / size, f"-1/{size}", f"; {size} is {what}, and the sign is wrong"
            yield -size, f"-{size}", f"; {size} is {what}, and the sign is wrong"
    yield -1.0, "-1", ": the sign is wrong"
    yield 2.0, "2", ": is a half missing, or something counted twice?"
    yield 0.5, "1/2", ": is a factor 2 missing?"
    yield -2.0, "-2", ""
    yield -0.5, "-1/2", ""


def _sizes(shape: tuple[int, ...]) -> dict[int, str]:
    """What a number that equals a dimension's size, or the count of all entries, stands for."""
    found: dict[int, str] = {}
    count = 1
    for size in shape:
        count *= size
    found[count] = "the number of entries"
    for i, size in reversed(list(enumerate(shape))):
        found[size] = "the batch size" if i == 0 and len(shape) > 1 else f"the size of dimension {i}"
    return found


def _same(a: torch.Tensor, b: torch.Tensor, match: float) -> bool:
    if a.shape != b.shape or not a.numel():
        return False
    return bool((a - b).abs().max() <= match * torch.maximum(a.abs().max(), b.abs().max()))


def _is_zero(x: torch.Tensor) -> bool:
    return x.numel() > 0 and bool((x == 0).all())
