"""The roster: who is in the class, from a CSV file as spreadsheets and platforms write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.core.text import one_line
from autograder.course.tables import read_text
from autograder.errors import IntakeError
from autograder.intake.names import shown, unmarked

_DELIMITERS = ",;\t|"
# What platforms and registrars call their columns, all in lower case and without punctuation; the best id first.
_IDS = (
    *("id", "student id", "studentid", "sid", "sis user id", "sis id", "id number", "idnumber", "matriculation number"),
    *("matrikelnummer", "identifier", "user id", "userid", "canvas id", "sis login id", "login", "username", "netid"),
)
_EMAILS = ("email", "e mail", "email address", "e mail address", "mail")
_NAMES = ("name", "student", "full name", "fullname", "student name")
_FIRST_NAMES = ("first name", "firstname", "given name", "given names", "vorname")
_LAST_NAMES = ("last name", "lastname", "surname", "family name", "nachname")
_NO_STUDENT = re.compile(r"\s*points possible\s*|\s*student, test\s*", re.IGNORECASE)  # Canvas's rows


@dataclass(frozen=True)
class Person:
    """Somebody on the roster.

    Attributes:
        name: as people write it; where the roster has none, the id or the address.
        id: the first of the ids, or "".
        email: or "".
        ids: all of them.
    """

    name: str
    id: str = ""
    email: str = ""
    ids: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What the person is known by: the id, else the address, else the name."""
        return self.id or self.email or self.name


class Roster:
    """People, found by whatever a platform knows of them."""

    def __init__(self, people: Iterable[Person]):
        self.people = tuple(people)
        self._ids = _index((key.casefold(), each) for each in self.people for key in each.ids)
        self._emails = _index((each.email.casefold(), each) for each in self.people if each.email)
        self._logins = _index((each.email.casefold().partition("@")[0], each) for each in self.people if each.email)
        self._names = _index((key, each) for each in self.people for key in _spellings(each.name))

    def find(self, tokens: Sequence[str]) -> Person | None:
        """The one whom these tokens (ids, addresses, names) mean; None where nobody is, or more than one."""
        for table in (self._ids, self._emails, self._names, self._logins):
            for token in tokens:
                key = _squashed(token) if table is self._names else token.strip().casefold()
                found = table.get(key, []) if key else []
                if len(found) == 1:
                    return found[0]
        return None


def read_roster(path: Path) -> Roster:
    """Read a roster: CSV with a line of headings, in any order, whatever the delimiter and the encoding.

    Raises:
        CourseError: it can't be read.
        IntakeError: it lacks a column of names or ids, or names somebody twice.
    """
    delimiter, body = _delimiter(read_text(path).text)
    try:
        rows = [(number, row) for number, row in _rows(body, delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise IntakeError(f"{path}: no CSV: {error}") from None
    if not rows:
        raise IntakeError(
            f"{path}: is empty; expected a line of headings (name, id, email) and a line for each student"
        )
    columns = _Columns(rows[0][1])
    if not columns.complete:
        headings = one_line(", ".join(rows[0][1]), 120)
        raise IntakeError(f"{path}: its first line needs a heading name or id (email is welcome), not: {headings}")
    return Roster(_people(path, columns, rows[1:]))


def _people(path: Path, columns: _Columns, rows: Iterable[tuple[int, list[str]]]) -> Iterator[Person]:
    lines: dict[str, int] = {}
    for number, row in rows:
        person = columns.person(row)
        if person is None or _NO_STUDENT.fullmatch(person.name):
            continue
        key = person.identity.casefold()
        if key in lines:
            who = shown(person.identity)
            raise IntakeError(f"{path}, line {number}: {who} is in line {lines[key]} already; keep one of them")
        lines[key] = number
        yield person


class _Columns:
    """Which column means what."""

    def __init__(self, headings: Sequence[str]):
        names = [re.sub(r"[\W_]+", " ", heading).strip().casefold() for heading in headings]
        self._ids = sorted((names.index(name) for name in _IDS if name in names), key=lambda at: _IDS.index(names[at]))
        self._email = _first(names, _EMAILS)
        self._name = _first(names, _NAMES)
        self._parts = [at for at in (_first(names, _FIRST_NAMES), _first(names, _LAST_NAMES)) if at is not None]

    @property
    def complete(self) -> bool:
        """Whether people can be told by them."""
        return bool(self._ids or self._parts) or self._name is not None or self._email is not None

    def person(self, row: Sequence[str]) -> Person | None:
        """Whom a line means; None: nobody."""
        cells = [one_line(cell, 200) for cell in row]

        def cell(at: int | None) -> str:
            return cells[at] if at is not None and at < len(cells) else ""

        ids = tuple(dict.fromkeys(text for at in self._ids if (text := cell(at))))
        name = cell(self._name) or " ".join(text for at in self._parts if (text := cell(at)))
        email = cell(self._email)
        name = name or (ids[0] if ids else email)
        return Person(name, ids[0] if ids else "", email, ids) if name else None


def _first(names: list[str], wanted: Iterable[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _index(pairs: Iterable[tuple[str, Person]]) -> dict[str, list[Person]]:
    table: dict[str, list[Person]] = {}
    for key, person in pairs:
        if person not in table.setdefault(key, []):
            table[key].append(person)
    return table


def _spellings(name: str) -> set[str]:
    """A name as platforms squash it: the family name may come first, wherever it begins."""
    family, comma, given = name.partition(",")
    words = f"{given} {family}".split() if comma else name.split()
    return {_squashed("".join(words[at:] + words[:at])) for at in range(max(1, len(words)))} - {""}


def _squashed(name: str) -> str:
    plain = unmarked(name) if unmarked(name).strip() else name  # some scripts have no plain letters
    return re.sub(r"[\W_]+", "", plain).casefold()


def _delimiter(text: str) -> tuple[str, str]:
    """The character between cells: the one that says so itself (Excel's ``sep=;``), else the first line's commonest."""
    first, _, rest = text.partition("\n")
    if (said := re.fullmatch(r"\"?sep=(.)\"?\r?", first, re.IGNORECASE)) is not None:
        return said[1], rest
    outside = re.sub(r'"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    return max(_DELIMITERS, key=outside.count), text


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        yield reader.line_num, row
