"""Several attempts of one student: which of them are graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from autograder.intake.handed import Handed
from autograder.intake.names import listed, shown

LATEST, BEST, ALL = "latest", "best", "all"
POLICIES = (LATEST, BEST, ALL)
_NEVER = datetime.min.replace(tzinfo=UTC)


def counted(handed: Sequence[Handed], policy: str) -> tuple[list[Handed], list[str]]:
    """What is graded, and lines on what is not.

    Args:
        policy: LATEST: the last attempt of each student. BEST, ALL: every one; which score counts is decided later.
    """
    if policy not in POLICIES:
        raise ValueError(f"attempts are {', '.join(POLICIES)}, not {policy!r}")
    people: dict[str | int, list[Handed]] = {}
    for number, each in enumerate(handed):
        people.setdefault(each.identity or number, []).append(each)
    kept: list[Handed] = []
    lines = []
    for attempts in people.values():
        ordered = _ordered(attempts)
        if ordered is None:
            problem = _unordered(attempts)
            kept += [replace(each, problem=problem) for each in attempts]
            continue
        if policy == LATEST:
            *older, latest = ordered
            name, last = shown(latest.student), latest.attempt
            lines += [f"{name}: attempt {each.attempt} of {last}; the latest is graded" for each in older]
            ordered = [latest]
        kept += ordered
    return kept, lines


def _ordered(attempts: list[Handed]) -> list[Handed] | None:
    """The attempts of one student, oldest first and numbered; None where nothing tells their order."""
    if len({_when(each) for each in attempts}) < len(attempts):
        return None
    ordered = sorted(attempts, key=_when)
    numbers = [each.attempt for each in ordered]
    if numbers == sorted(set(numbers)):  # the platform's own
        return ordered
    return [replace(each, attempt=number) for number, each in enumerate(ordered, start=1)]


def _when(handed: Handed) -> tuple[datetime, int]:
    return handed.submitted or _NEVER, handed.attempt


def _unordered(attempts: list[Handed]) -> str:
    names = listed(item.shown for each in attempts for item in each.items[:1])
    return f"several submissions of one student ({names}), and nothing says which is the latest: keep one"
