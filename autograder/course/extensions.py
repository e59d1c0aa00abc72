"""extensions.csv: who has more time, for which assignment.

Columns, in any order: ``student`` (id, address or name), ``assignment``, and ``due`` (2026-11-02, 2026-11-02 18:00,
2026-11-02T18:00+01:00) or ``days`` (so many more than everyone has). Further columns are for people.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from autograder.core.text import one_line
from autograder.course.dates import due_moment
from autograder.course.tables import read_rows
from autograder.errors import CourseError

_MOST_DAYS = 366


@dataclass(frozen=True)
class Extension:
    """More time for one student.

    Attributes:
        student: as ``known_as`` gives names.
        shown: the student, as the table has it.
        due: the student's own due date, or None for ``days``.
        days: added to everyone's due date.
        where: file and line.
    """

    student: str
    shown: str
    assignment: str
    due: datetime | None
    days: timedelta
    where: str


def known_as(name: str) -> str:
    """What two spellings of one name, address or id share. Digits stay as they are, leading zeros too."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def read_extensions(path: Path, assignments: Collection[str], zone: tzinfo) -> Iterator[Extension]:
    """The extensions of a course.

    Args:
        assignments: names of those that there are.
        zone: of times that name none.

    Raises:
        CourseError: the table can't be read, or a line says nothing, too much, or something unknown.
    """
    seen: dict[tuple[str, str], str] = {}
    for line, row in read_rows(path, ("student", "assignment")):
        where = f"{path}:{line}"
        extension = _extension(row, where, assignments, zone)
        key = extension.student, extension.assignment
        if key in seen:
            raise CourseError(
                f"{where}: {one_line(extension.shown)} has an extension for {extension.assignment} in {seen[key]} as "
                "well; keep one"
            )
        seen[key] = where
        yield extension


def _extension(row: Mapping[str, str], where: str, assignments: Collection[str], zone: tzinfo) -> Extension:
    student, assignment = row.get("student", ""), row.get("assignment", "")
    due, days = row.get("due", ""), row.get("days", "")
    if not student:
        raise CourseError(f"{where}: no student; give an id, an address or a name")
    if assignment not in assignments:
        known = ", ".join(sorted(assignments)) or "none"
        raise CourseError(f"{where}: no assignment {one_line(assignment)!r}; there are: {known}")
    if bool(due) == bool(days):
        raise CourseError(f"{where}: give a due date or a number of days, one of the two")
    if days and not (days.isascii() and days.isdecimal() and int(days[:9]) <= _MOST_DAYS):
        raise CourseError(f"{where}: days must be a whole number up to {_MOST_DAYS}, not {one_line(days)!r}")
    moment = due_moment(_parsed(due, where), zone, where) if due else None
    return Extension(known_as(student), student, assignment, moment, timedelta(int(days or 0)), where)


def _parsed(text: str, where: str) -> date:
    for kind in (date, datetime):  # a date alone means the whole day
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    raise CourseError(f"{where}: due must be a date like 2026-11-02 or 2026-11-02 18:00, not {one_line(text)!r}")
