"""The scores of a run as Canvas' gradebook imports them.

What Canvas does on import decides what is promised here: it takes a header that it does not know for a new
assignment, an unknown student for a new one, and an empty cell for a score to be deleted. So the safe way is the file
that Canvas exported: exactly one column of it is filled in, for students who have a score, and every other byte stays
as it was: ids with their leading zeros, the row of points possible, read-only columns, names that look like formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line
from autograder.course.extensions import known_as
from autograder.course.final import Final
from autograder.course.tables import delimiter_of, read_text
from autograder.errors import GradebookError
from autograder.gradebook.exports.cells import Grid, line_of

Ids = Literal["canvas", "sis", "login"]
ID_COLUMNS: dict[Ids, str] = {"canvas": "ID", "sis": "SIS User ID", "login": "SIS Login ID"}
_HEADER = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POINTS = "    Points Possible"
_ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s*\((?P<id>\d+)\)")
_READ_ONLY = re.compile(r"(?i)read\s+only")
_NUMBER = re.compile(r"\d+(?:[.,](?P<decimals>\d+))?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHOWN = 8  # names in one line


@dataclass(frozen=True)
class Filled:
    """A file for Canvas.

    Attributes:
        data: the file.
        column: header of the column that holds the scores.
        count: how many students have a score in it.
        lines: what a person must know, a line each.
    """

    data: bytes
    column: str
    count: int
    lines: tuple[str, ...]


def fill_in(
    path: Path, assignment: Assignment, finals: Sequence[Final], column: str | None = None, ids: Ids | None = None
) -> Filled:
    """The file that Canvas exported, with the scores in the assignment's column.

    Args:
        column: its header, its title or its number; None: the one column with the assignment's title or name.
        ids: what the students' identities are to Canvas; None: any of the three that fits.

    Raises:
        CourseError: the file can't be read.
        GradebookError: it is no export of Canvas, or the column is not there, or not the only one.
    """
    source = read_text(path)
    try:
        grid = Grid.of(source.text, delimiter_of(source.text))
    except ValueError as error:
        raise GradebookError(f"{path}: no CSV file: {error}") from None
    roll = _Roll.of(grid, path, tuple(ID_COLUMNS.values()) if ids is None else (ID_COLUMNS[ids],))
    target = _target(roll.header, assignment, column, path)
    header = roll.header[target]
    if _READ_ONLY.search(roll.points(target)):
        raise GradebookError(f"{path}: Canvas has column {header!r} as read only; name another with --column")
    found, unmatched = _matched(roll, finals)
    filled, changes = _write(roll, target, found)
    lines = (*_scale_lines(roll.points(target), header, finals), *unmatched, *changes)
    return Filled(source.encoded(grid.text()), header, filled, lines)


def _write(roll: _Roll, target: int, found: Mapping[int, Final]) -> tuple[int, list[str]]:
    """Put the scores into the column; returns how many stand there now, and lines on the other cells."""
    style = _Style.of(roll.column(target))
    replaced = excused = filled = 0
    for row, final in found.items():
        assert final.score is not None
        before = roll.grid.rows[row].text(target).strip()
        if before.upper() == "EX":
            excused += 1
            continue
        filled += 1
        if style.value(before) != final.score:
            replaced += before != ""
            roll.grid.replace(row, target, style.shown(final.score))
    kept = len(roll.students) - filled - excused
    return filled, [
        *_counted(replaced, "other score is replaced", "other scores are replaced"),
        *_counted(excused, "student is excused (EX) and stays so", "students are excused (EX) and stay so"),
        *_counted(kept, "student has no score here: the cell stays", "students have no score here: their cells stay"),
    ]


def new_file(assignment: Assignment, finals: Sequence[Final], column: str, ids: Ids) -> Filled:
    """A file of our own, for who has no export of Canvas.

    Args:
        column: the whole header in Canvas, with the assignment's number.
        ids: what the students' identities are to Canvas.

    Raises:
        GradebookError: the header has no number, so Canvas would make a new assignment of it.
    """
    from autograder.grading.results import csv_cell

    if _ASSIGNMENT.fullmatch(column) is None:
        raise GradebookError(
            f"--column {one_line(column)!r} has no number as in 'Title (12345)': Canvas would make a new column of it"
        )
    place = _HEADER.index(ID_COLUMNS[ids])
    maximum = plain_decimal(max((final.summary.maximum for final in finals), default=assignment.points))
    rows = [line_of([*_HEADER, column]), line_of([_POINTS, *[""] * (len(_HEADER) - 1), maximum])]
    lines = []
    for final in finals:
        identity, student = final.summary.identity, final.summary.student
        if final.score is None:
            lines.append(f"{student}: no score ({final.note})")
        elif not identity or identity.startswith(_FORMULA):
            lines.append(f"{student}: left out, since Canvas could not tell who that is: no id")
        else:
            cells = [csv_cell(student), *[""] * (len(_HEADER) - 1), plain_decimal(final.score)]
            cells[place] = identity
            rows.append(line_of(cells))
    return Filled("".join(rows).encode(), column, len(rows) - 2, tuple(lines))


@dataclass(frozen=True)
class _Roll:
    """The students of a Canvas export.

    Attributes:
        header: its first row.
        students: indices of the rows with a student.
        ids: names of the columns by which students may be known.
    """

    grid: Grid
    header: list[str]
    students: tuple[int, ...]
    ids: tuple[str, ...]

    @classmethod
    def of(cls, grid: Grid, path: Path, ids: tuple[str, ...]) -> _Roll:
        header = [text.strip() for text in grid.rows[0].texts()] if grid.rows else []
        named = "Student" in header or {"LastName", "FirstName"} <= set(header)
        if not (named and {"ID", "Section"} <= set(header)):
            raise GradebookError(
                f"{path}: no export of Canvas' gradebook: its first line lacks Student, ID or Section; "
                "export it in English"
            )
        place = header.index("ID")
        students = tuple(index for index, row in enumerate(grid.rows) if index and row.text(place).strip())
        return cls(grid, header, students, tuple(name for name in ids if name in header))

    def points(self, column: int) -> str:
        """What the row of points possible says of a column; "" where there is no such row."""
        for row in self.grid.rows[1:4]:
            if "points possible" in row.text(0).casefold():
                return row.text(column).strip()
        return ""

    def column(self, column: int) -> list[str]:
        """All that stands in a column but its header."""
        return [row.text(column).strip() for row in self.grid.rows[1:]]

    def identities(self, row: int) -> Iterator[str]:
        """By which a row's student may be known, in any case of letters."""
        for name in self.ids:
            yield known_as(self.grid.rows[row].text(self.header.index(name)))

    def names(self, row: int) -> Iterator[str]:
        """A row's name as ``_name_key`` gives it."""
        yield _name_key(self.name(row))

    def name(self, row: int) -> str:
        """A row's name as it stands."""
        cells = self.grid.rows[row]
        parts = ("Student",) if "Student" in self.header else ("FirstName", "LastName")
        return " ".join(cells.text(self.header.index(part)) for part in parts)

    def same_student(self, rows: Sequence[int]) -> bool:
        """Whether rows are of one student, who may be in several sections."""
        place = self.header.index("ID")
        return len({self.grid.rows[row].text(place).strip() for row in rows}) == 1


@dataclass(frozen=True)
class _Style:
    """How an export writes numbers.

    Attributes:
        decimals: at least so many.
    """

    decimals: int
    comma: bool

    @classmethod
    def of(cls, cells: Sequence[str]) -> _Style:
        found = [match for cell in cells if (match := _NUMBER.fullmatch(cell)) is not None and match["decimals"]]
        return cls(max((len(match["decimals"]) for match in found), default=0), any("," in match[0] for match in found))

    def shown(self, value: Decimal) -> str:
        """A score, exact, with the decimals that the export has."""
        whole, _, decimals = plain_decimal(value).partition(".")
        decimals = decimals.ljust(self.decimals, "0")
        return f"{whole}{',' if self.comma else '.'}{decimals}" if decimals else whole

    def value(self, text: str) -> Decimal | None:
        """What a cell says, None for what is no number."""
        try:
            value = Decimal(text.replace(",", ".") if self.comma else text)
        except InvalidOperation:
            return None
        return value if value.is_finite() else None


def _target(header: Sequence[str], assignment: Assignment, wanted: str | None, path: Path) -> int:
    """Index of the assignment's column."""
    columns = {index: match for index, text in enumerate(header) if (match := _ASSIGNMENT.fullmatch(text)) is not None}
    if wanted is not None:
        names = {known_as(wanted)}
        fitting = [
            index
            for index, match in columns.items()
            if names & {known_as(match[0]), known_as(match["title"]), match["id"]}
        ]
    else:
        names = {known_as(assignment.title), known_as(assignment.name)}
        fitting = [index for index, match in columns.items() if known_as(match["title"]) in names]
    if len(fitting) == 1:
        return fitting[0]
    sought = f"named {one_line(wanted)!r}" if wanted is not None else f"with the title {assignment.title!r}"
    if fitting:
        held = _listed([header[index] for index in fitting])
        raise GradebookError(f"{path}: several columns {sought}: {held}; choose by number with --column")
    held = _listed([header[index] for index in columns]) or "none"
    raise GradebookError(f"{path}: no assignment's column {sought}; there are: {held}; choose one with --column")


def _matched(roll: _Roll, finals: Sequence[Final]) -> tuple[dict[int, Final], list[str]]:
    """The rows of those who have a score, and a line for whoever has no row that is surely theirs.

    An id or login decides; a name only where the student has none that Canvas knows, and among the rows that are left.
    """
    lines = [f"{final.summary.student}: {final.note}" for final in finals if final.score is None]
    rest = [final for final in finals if final.score is not None]
    claims: dict[int, list[Final]] = {}
    for keys_of, key_of in ((roll.identities, _identity_key), (roll.names, _student_key)):
        rows_of = _index([row for row in roll.students if row not in claims], keys_of)
        left = []
        for final in rest:
            rows = rows_of.get(key_of(final), [])
            if not rows:
                left.append(final)
            elif not roll.same_student(rows):
                lines.append(f"{final.summary.student}: left out, since several students in Canvas' file fit")
            else:
                for row in rows:
                    claims.setdefault(row, []).append(final)
        rest = left
    lines += [f"{final.summary.student}: not in Canvas' file" for final in rest]
    lines += dict.fromkeys(
        f"{', '.join(final.summary.student for final in own)}: left out, since they are one student in Canvas' file"
        for own in claims.values()
        if len(own) > 1
    )
    found = {row: own[0] for row, own in claims.items() if len(own) == 1}
    return found, lines + _strangers(roll, found)


def _strangers(roll: _Roll, found: Mapping[int, Final]) -> list[str]:
    """Lines where an id fits and no part of the name does: it may be another kind of id, and so another student's."""
    lines = []
    for row, final in found.items():
        compact = re.sub(r"\W", "", known_as(final.summary.student))  # Canvas' downloads have names in one word
        name = roll.name(row)
        if not any(word in compact for word in _name_key(name).split()):
            lines.append(f"{final.summary.student}: by its id this is {name!r} in Canvas' file; if not, say --ids")
    return lines


def _index(rows: Sequence[int], keys_of: Callable[[int], Iterator[str]]) -> dict[str, list[int]]:
    """The rows by each key that they have."""
    index: dict[str, list[int]] = {}
    for row in rows:
        for key in {*keys_of(row)} - {""}:
            index.setdefault(key, []).append(row)
    return index


def _identity_key(final: Final) -> str:
    return known_as(final.summary.identity)


def _student_key(final: Final) -> str:
    return _name_key(final.summary.student)


def _scale_lines(points: str, header: str, finals: Sequence[Final]) -> Iterator[str]:
    """A remark where Canvas expects scores on another scale."""
    match = _NUMBER.fullmatch(points)
    maximum = max((final.summary.maximum for final in finals), default=None)
    if match is not None and maximum is not None and Decimal(points.replace(",", ".")) != maximum:
        yield f"{header} has {points} points possible in Canvas, here {plain_decimal(maximum)}: scores are not scaled"


def _counted(count: int, one: str, many: str) -> list[str]:
    return [f"{count} {one if count == 1 else many}"] if count else []


def _name_key(name: str) -> str:
    """What "Doe, Jane", "Jane Doe" and "jane doe" share."""
    return " ".join(sorted(re.findall(r"\w+", known_as(name))))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(one_line(name)) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
