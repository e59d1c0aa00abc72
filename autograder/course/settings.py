"""course.toml: the rules of a course, beside its folder assignments/. Without the file, each rule has a default.

timezone = "Europe/Berlin"     # of dates that name none (UTC)
attempts = "latest"            # which of several attempts counts: latest, best (after deductions) or all (latest)
roster = "roster.csv"          # who is in the class: name, id, email
extensions = "extensions.csv"  # who has more time: student, assignment, due or days

[late]                         # what being late costs (nothing)
grace = 15                     # minutes after the due date in which nothing is late (0)
per_day = 10                   # percent for each late day that has begun (0)
of = "maximum"                 # of what: maximum, or the score that was earned (maximum)
max_days = 3                   # what comes later counts nothing (no such limit)

[assignments.mlp_mnist]
due = 2026-11-02T18:00:00      # or a date alone: until its end
per_day = 20                   # whatever stands in [late] may differ

[cluster]                      # what `grade --cluster slurm` asks for: nodes, cores, memory (cluster/address.py)
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from autograder.core.assignment import TOML_NAME
from autograder.core.text import one_line
from autograder.course.dates import due_moment, zone_of
from autograder.course.extensions import Extension, known_as, read_extensions
from autograder.course.late import FREE, Base, LatePolicy, LateRule, moment_of
from autograder.errors import CourseError

NAME = "course.toml"
Attempts = Literal["latest", "best", "all"]
_KEYS = {"timezone", "attempts", "roster", "extensions", "late", "assignments", "cluster"}
_LATE_KEYS = {"grace", "per_day", "of", "max_days"}
_MOST_GRACE, _MOST_DAYS = 7 * 24 * 60, 366


@dataclass(frozen=True)
class AssignmentRules:
    """What course.toml says of one assignment.

    Attributes:
        due: in UTC, for whoever has no extension; None: no due date.
    """

    due: datetime | None = None
    late: LatePolicy = FREE


@dataclass(frozen=True)
class Settings:
    """The rules of a course.

    Attributes:
        folder: that of the course.
        attempts: which of several attempts counts.
        roster: path of the table of the class, None where there is none.
        late: for assignments that have no policy of their own.
        cluster: the table of that name, as it stands.
        people: for each name by which one person alone is known, all names of that person; see ``with_people``.
    """

    folder: Path
    timezone: str = "UTC"
    zone: tzinfo = UTC
    attempts: Attempts = "latest"
    roster: Path | None = None
    late: LatePolicy = FREE
    assignments: Mapping[str, AssignmentRules] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()
    cluster: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def with_people(self, people: Iterable[Collection[str]]) -> Settings:
        """The same rules for a class of known people: whichever of their names an extension uses, it is theirs.

        Args:
            people: for each person, whatever the person is known by: ids, address, name.

        Raises:
            CourseError: an extension is for a name that several of them share.
        """
        persons = [frozenset(known_as(name) for name in names if name) for names in people]
        shared = Counter(name for names in persons for name in names)
        for item in self.extensions:
            if shared[item.student] > 1:
                raise CourseError(
                    f"{item.where}: several people are known as {one_line(item.shown)!r}; give an id instead"
                )
        return replace(self, people={name: names for names in persons for name in names if shared[name] == 1})

    def late_rule(self, assignment: str, *person: str) -> LateRule:
        """Due date and policy for one student.

        Args:
            person: whatever the student is known by: id, address, name. Of several extensions the longest counts.
        """
        rules = self.assignments.get(assignment, AssignmentRules(late=self.late))
        names = self._names(person)
        own = [item for item in self.extensions if item.assignment == assignment and item.student in names]
        if not own:
            return LateRule(rules.due, self.zone, rules.late)
        return LateRule(max(self._due(item, rules.due) for item in own), self.zone, rules.late, extended=True)

    def idle_extensions(self, assignment: str, persons: Iterable[Collection[str]]) -> tuple[Extension, ...]:
        """Extensions for an assignment that are nobody's: misspelt, or of somebody of whom nothing is known.

        Args:
            persons: for each student, whatever the student is known by.
        """
        known = {name for names in persons for name in self._names(names)} | self.people.keys()
        return tuple(item for item in self.extensions if item.assignment == assignment and item.student not in known)

    def _names(self, person: Iterable[str]) -> frozenset[str]:
        """All names of whom some names mean."""
        given = frozenset(known_as(name) for name in person if name)
        return given.union(*(self.people.get(name, ()) for name in given))

    def _due(self, extension: Extension, everyones: datetime | None) -> datetime:
        if extension.due is not None:
            return extension.due
        assert everyones is not None  # load_course made sure of it
        wall = everyones.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return moment_of(wall + extension.days, self.zone)


def load_course(course: Path) -> Settings:
    """Read ``course/course.toml`` and the extensions that it names; defaults where there is no such file.

    Raises:
        CourseError: the file is no TOML, or has unknown or mistyped keys; or a table that it names is amiss.
    """
    path = course / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings(course)
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: not valid TOML: {error}") from None
    raw = _parsed(text, path)
    _refuse_unknown(raw, _KEYS, path, "")
    timezone = _typed(raw, "timezone", str, path, default="UTC")
    zone = zone_of(timezone, f"{path}: timezone")
    late = _late(_table(raw, "late", path), _LATE_KEYS, FREE, path, "[late] ")
    known = sorted(folder.parent.name for folder in course.glob(f"assignments/*/{TOML_NAME}"))
    settings = Settings(
        folder=course,
        timezone=timezone,
        zone=zone,
        attempts=_choice(raw, "attempts", get_args(Attempts), path, "", default="latest"),
        roster=_file(raw, "roster", path),
        late=late,
        assignments=_assignments(_table(raw, "assignments", path), known, late, zone, path),
        cluster=_table(tomllib.loads(text), "cluster", path),  # with floats as others expect them
    )
    extensions = _file(raw, "extensions", path)
    return settings if extensions is None else _extended(settings, extensions, known)


def _extended(settings: Settings, path: Path, known: Collection[str]) -> Settings:
    extensions = tuple(read_extensions(path, known, settings.zone))
    for item in extensions:
        if item.due is None and settings.late_rule(item.assignment).due is None:
            raise CourseError(
                f"{item.where}: more days, but {item.assignment} has no due date; "
                f"add it to [assignments.{item.assignment}] in {NAME}, or give a due date here"
            )
    return replace(settings, extensions=extensions)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path}: not valid TOML: {error}") from None


def _assignments(
    raw: Mapping[str, Any], known: Collection[str], late: LatePolicy, zone: tzinfo, path: Path
) -> dict[str, AssignmentRules]:
    rules = {}
    for name in raw:
        if name not in known:
            raise CourseError(
                f"{path}: [assignments.{name}] is no folder of assignments/; there are: {', '.join(known) or 'none'}"
            )
        table, where = _table(raw, name, path), f"[assignments.{name}] "
        policy = _late(table, {"due", *_LATE_KEYS}, late, path, where)
        rules[name] = AssignmentRules(_due(table, zone, path, where), policy)
    return rules


def _due(table: Mapping[str, Any], zone: tzinfo, path: Path, where: str) -> datetime | None:
    value = table.get("due")
    if value is None:
        return None
    if not isinstance(value, date):
        raise CourseError(
            f"{path}: {where}due must be a date without quotes, as in 2026-11-02 or 2026-11-02T18:00:00, not {value!r}"
        )
    return due_moment(value, zone, f"{path}: {where}due")


def _late(raw: Mapping[str, Any], known: set[str], default: LatePolicy, path: Path, where: str) -> LatePolicy:
    """A policy: what the table says, and the default for the rest."""
    _refuse_unknown(raw, known, path, where)
    of: Base = _choice(raw, "of", get_args(Base), path, where, default=default.of)
    minutes = _number(raw, "grace", _MOST_GRACE, path, where)
    per_day = _number(raw, "per_day", 100, path, where)
    days = _number(raw, "max_days", _MOST_DAYS, path, where)
    if days is not None and days != days.to_integral_value():
        raise CourseError(f"{path}: {where}max_days must be a whole number, not {days}")
    return LatePolicy(
        grace=default.grace if minutes is None else timedelta(minutes=float(minutes)),
        per_day=default.per_day if per_day is None else per_day,
        of=of,
        max_days=default.max_days if days is None else int(days),
    )


def _number(raw: Mapping[str, Any], key: str, most: int, path: Path, where: str) -> Decimal | None:
    value = raw.get(key)
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(value) if type(value) is int else Decimal("NaN")
    if not (number.is_finite() and 0 <= number <= most):
        what = {"grace": "minutes", "per_day": "percent", "max_days": "days"}[key]
        raise CourseError(f"{path}: {where}{key} must be a number from 0 to {most} ({what}), not {_shown(value)}")
    return number


def _choice(raw: Mapping[str, Any], key: str, choices: tuple[str, ...], path: Path, where: str, *, default: str) -> Any:
    value = raw.get(key, default)
    if value not in choices:
        raise CourseError(f"{path}: {where}{key} must be one of {', '.join(choices)}, not {_shown(value)}")
    return value


def _file(raw: Mapping[str, Any], key: str, path: Path) -> Path | None:
    """A file that course.toml names, beside it or by its whole path."""
    name = _typed(raw, key, str, path, default="")
    if not name:
        return None
    file: Path = path.parent / name
    if not file.is_file():
        raise CourseError(f"{path}: {key}: {file} is no file; paths are relative to {NAME}")
    return file


def _typed(raw: Mapping[str, Any], key: str, kind: type, path: Path, *, default: Any) -> Any:
    value = raw.get(key, default)
    if not isinstance(value, kind):
        raise CourseError(f"{path}: {key} must be {kind.__name__}, not {_shown(value)}")
    return value


def _table(raw: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    table: dict[str, Any] = _typed(raw, key, dict, path, default={})
    return table


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    if unknown := sorted(set(raw) - known):
        raise CourseError(f"{path}: {where}unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
