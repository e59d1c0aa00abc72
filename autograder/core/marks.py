"""The marks that a test carries."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from autograder.core.limits import Limits


def points(value: int | str, *, question: str) -> pytest.MarkDecorator:
    """What a test is worth, and the question that it belongs to.

    Args:
        value: an int, or a decimal as a string ("0.5"); floats are refused, scores are exact.
        question: the name of a [[question]] in assignment.toml.

    Raises:
        TypeError: ``value`` is neither.
    """
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise TypeError(f"points({value!r}): give an int, or a decimal as a string such as '0.5'")
    return pytest.mark.points(Decimal(value), question=question)


def timeout(seconds: float) -> pytest.MarkDecorator:
    """The wall clock (seconds) that each probe of this test may take in the sandbox."""
    return pytest.mark.timeout(float(seconds))


def limits(**overrides: float) -> pytest.MarkDecorator:
    """Limits for this test's probes in the sandbox, in the place of those in assignment.toml.

    Args:
        overrides: fields of ``autograder.core.limits.Limits``, as in ``@limits(memory_mb=256, output_kb=8)``.

    Raises:
        TypeError: there is no limit of that name.
    """
    known = {item.name for item in fields(Limits)}
    if unknown := sorted(set(overrides) - known):
        raise TypeError(f"limits({unknown[0]}=...): there is no such limit; there are {', '.join(sorted(known))}")
    return pytest.mark.limits(**overrides)
