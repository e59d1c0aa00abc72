"""Whether what is recorded still carries the bars. Tests of the course ask this: no bar outlives its grounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.calibration.record import Entry, read_entries, recorded_chances
from autograder.calibration.statistics import assess, propose
from autograder.calibration.subjects import SIDES, label, subjects_of
from autograder.core.assignment import Assignment, BarRule
from autograder.data import offline_choice
from autograder.errors import CalibrationError


def unsupported(assignment: Assignment, course: Path) -> list[str]:
    """Why the bars of an assignment do not follow from recorded numbers, a line each; empty: they do.

    Every bar needs a calibration on the data set that every machine has. The submissions' code and the rule of the bar
    must be those that were measured. Tests and data may have changed since: ``autograder calibrate`` notices that.

    Raises:
        CalibrationError: the solution is missing, or no mutant names the test of a bar.
    """
    try:
        entries = read_entries(assignment.folder)
    except CalibrationError as error:
        return [str(error)]
    rules = {rule.name: rule for rule in assignment.bars}
    offline = offline_choice(assignment.data) or ""
    calibrated = {(entry.name, entry.data) for entry in entries}
    reasons = [
        f"{_where(name, offline)}: no calibration; run `autograder calibrate {assignment.name}`"
        for name in rules
        if (name, offline) not in calibrated
    ]
    for entry in entries:
        if entry.name in rules:
            found = _reasons(assignment, course, rules[entry.name], entry)
        else:
            found = iter([f"assignment.toml has no [[bar]] named {entry.name!r}"])
        reasons += [f"{_where(*entry.key)}: {reason}" for reason in found]
    return reasons


def _where(*parts: str) -> str:
    return " on ".join(part for part in parts if part)


def _reasons(assignment: Assignment, course: Path, rule: BarRule, entry: Entry) -> Iterator[str]:
    if not entry.follows(rule):
        yield "the [[bar]] in assignment.toml has changed since it was measured"
    yield from _changed(assignment, course, rule, entry)
    bar = entry.bar if entry.bar is not None else propose(entry.numbers)
    assessment = assess(rule, entry.numbers, bar)
    yield from assessment.problems
    if entry.bar is None:
        yield "it was refused and is not used"
    elif entry.chances != recorded_chances(assessment):
        yield "the recorded chances are not those of the recorded numbers"


def _changed(assignment: Assignment, course: Path, rule: BarRule, entry: Entry) -> Iterator[str]:
    """Submissions that are other ones than those that were measured."""
    subjects = subjects_of(course, assignment, rule)
    for side in SIDES:
        now = {subject.name: subject.code for subject in subjects if subject.side == side}
        then = entry.sources[side]
        for name in sorted({*now, *then, *entry.numbers[side]}):
            if name not in then or name not in entry.numbers[side]:
                yield f"{label(side, name)} was never measured"
            elif name not in now:
                yield f"{label(side, name)} was measured, but is no longer there"
            elif now[name] != then[name]:
                yield f"{label(side, name)} was changed after it was measured"
