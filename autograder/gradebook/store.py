"""Reading a gradebook: runs, what came out for whom, and the files that were graded.

Promises: what is read is whole (a submission is one transaction of the writer's) and one at a time, so that memory does
not grow with the class; a gradebook can be read while a run writes into it. Anything that SQLite says of a damaged,
locked or foreign file is a ``GradebookError`` of one line.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.errors import GradebookError
from autograder.gradebook.model import Entry, QuestionPoints, Run, Summary
from autograder.gradebook.schema import VERSION, bring_up_to_date, version_of

_PATIENCE = 10.0  # seconds that we wait for somebody else's transaction
_ERROR = "error"  # the status of a submission at which the grader broke

_RUNS = f"""
SELECT run.*, count(entry.result) AS done,
    coalesce(sum(entry.result IS NOT NULL AND entry.reason = ''), 0) AS reused,
    coalesce(sum(result.status = '{_ERROR}'), 0) AS errors
FROM run LEFT JOIN entry ON entry.run = run.number LEFT JOIN result ON result.id = entry.result
WHERE {{where}} GROUP BY run.number ORDER BY run.number
"""
_SUMMARY = """
entry.slug, entry.student, entry.identity, entry.attempt, entry.submitted, entry.marked_late, entry.reason,
result.status, result.problem, result.score, result.maximum, result.questions
"""
_ENTRIES = f"""
SELECT {_SUMMARY}, result.seconds, result.record, result.submission
FROM entry JOIN result ON result.id = entry.result WHERE entry.run = ?
"""


class Gradebook:
    """A gradebook that is read; a context manager.

    Args:
        path: of the file.
        connection: to it, in autocommit mode.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection):
        self.path = path
        self._connection = connection
        connection.row_factory = sqlite3.Row

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an existing file for reading.

        Raises:
            GradebookError: it is not there, not a gradebook, or can't be read.
        """
        if not path.is_file():
            raise GradebookError(f"{path}: no such gradebook; `autograder grade` makes one")
        with one_line_errors(path):
            return cls(path, _connected_for_reading(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with one_line_errors(self.path):
            self._connection.close()

    def runs(self, assignment: str | None = None) -> tuple[Run, ...]:
        """All runs, or those of one assignment; the oldest first."""
        rows = self._rows(_RUNS.format(where="?1 IS NULL OR run.assignment = ?1"), assignment)
        return tuple(map(_run, rows))

    def run(self, number: int | None = None) -> Run:
        """One run; None: the newest.

        Raises:
            GradebookError: there is none.
        """
        where = "run.number = coalesce(?1, (SELECT max(number) FROM run))"
        for row in self._rows(_RUNS.format(where=where), number):
            return _run(row)
        known = ", ".join(str(row[0]) for row in self._rows("SELECT number FROM run ORDER BY number"))
        wanted = "no run" if number is None else f"no run {number}"
        raise GradebookError(f"{self.path}: {wanted} in it; there are: {known or 'none'}")

    def summaries(self, run: int) -> Iterator[Summary]:
        """The table's rows of a run that have a result, in the order of the intake."""
        sql = f"SELECT {_SUMMARY} FROM entry JOIN result ON result.id = entry.result WHERE entry.run = ?"
        questions = _Questions()
        for row in self._rows(f"{sql} ORDER BY entry.position", run):
            yield _summary(row, questions)

    def entries(self, run: int) -> Iterator[Entry]:
        """The entries of a run that have a result, in the order of the intake."""
        questions = _Questions()
        for row in self._rows(f"{_ENTRIES} ORDER BY entry.position", run):
            yield _entry(row, questions)

    def entry(self, run: int, slug: str) -> Entry:
        """One entry of a run.

        Raises:
            GradebookError: there is none of that name, or it has no result yet.
        """
        for row in self._rows(f"{_ENTRIES} AND entry.slug = ?", run, slug):
            return _entry(row, _Questions())
        raise GradebookError(f"{self.path}: run {run} has no result for {slug!r}")

    def source(self, content: str) -> Mapping[str, bytes]:
        """The files of a submission by name, the graded one first; none for ""."""
        sql = """
        SELECT name, data FROM submission_file JOIN file ON file.hash = submission_file.file
        WHERE submission = ? ORDER BY position
        """
        return {row["name"]: zlib.decompress(row["data"]) for row in self._rows(sql, content)}

    def verdicts(self, run: int) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Slug and the verdict of each test, for each entry of a run that has a result; cheaper than records."""
        sql = """
        SELECT entry.slug, json_group_object(test_result.name, test_result.verdict)
        FROM entry LEFT JOIN test_result ON test_result.result = entry.result
        WHERE entry.run = ? AND entry.result IS NOT NULL AND test_result.name IS NOT NULL
        GROUP BY entry.position ORDER BY entry.position
        """
        for slug, verdicts in self._rows(sql, run):
            yield slug, json.loads(verdicts)

    def made_since(self, run: int, moment: datetime) -> int:
        """How many results were made in a run since then."""
        sql = """
        SELECT count(*) FROM entry JOIN result ON result.id = entry.result
        WHERE entry.run = ? AND entry.reason != '' AND result.finished >= ?
        """
        count: int = next(self._rows(sql, run, moment.astimezone(UTC).isoformat()))[0]
        return count

    def reasons(self, run: int) -> dict[str, int]:
        """Why entries of a run were graded in it, and how many for each reason; "" counts those that were kept."""
        sql = "SELECT reason, count(*) FROM entry WHERE run = ? GROUP BY reason ORDER BY count(*) DESC, reason"
        return dict(map(tuple, self._rows(sql, run)))

    def comparable(self, run: int | None = None) -> tuple[tuple[Any, ...], ...]:
        """A run as rows that tell nothing of when and how it was graded: two runs with the same results are equal."""
        number = self.run(run).number
        sql = """
        SELECT entry.slug, entry.student, entry.identity, entry.attempt, entry.submitted, entry.marked_late,
            result.status, result.problem, result.score, result.maximum, result.questions, result.fingerprint,
            result.version, result.submission, result.record,
            (SELECT json_group_array(json_array(position, name, verdict, cause)) FROM test_result
             WHERE test_result.result = entry.result),
            (SELECT json_group_array(json_array(position, name, file)) FROM submission_file
             WHERE submission_file.submission = result.submission)
        FROM entry LEFT JOIN result ON result.id = entry.result WHERE entry.run = ? ORDER BY entry.position
        """
        return tuple(map(tuple, self._rows(sql, number)))

    def _rows(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        with one_line_errors(self.path):
            yield from self._connection.execute(sql, values)


@contextlib.contextmanager
def one_line_errors(path: Path) -> Iterator[None]:
    """What SQLite says, as one line that names the file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise GradebookError(f"{path}: {_in_words(error)}") from None
    except zlib.error:
        raise GradebookError(f"{path}: {_DAMAGED}") from None


_DAMAGED = "damaged, or no gradebook at all; move it away, and grade again"
_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full; what is done is kept, run again when there is room",
    sqlite3.SQLITE_IOERR: "can't be read or written (is the disk full?); what is done is kept",
    sqlite3.SQLITE_BUSY: "another program has locked it; run again when that is done",
    sqlite3.SQLITE_READONLY: "may not be written; check its permissions and those of its folder",
    sqlite3.SQLITE_CANTOPEN: "can't be opened; check its permissions and those of its folder",
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}


def _in_words(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension, which says where it happened
    return _WORDS.get(code, f"{error}; move it away, and grade again")


def connect(path: Path, *, mode: str = "rwc") -> sqlite3.Connection:
    """A connection in autocommit mode, with foreign keys enforced.

    Args:
        mode: "rwc" makes the file where there is none, "rw" and "ro" don't; or "immutable".
    """
    query = "immutable=1" if mode == "immutable" else f"mode={mode}"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{query}", uri=True, timeout=_PATIENCE)
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _connected_for_reading(path: Path) -> sqlite3.Connection:
    mode = "ro"
    connection = connect(path, mode=mode)
    try:
        version = version_of(connection, path)
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(f"{path.name}-wal").exists():
            raise
        # A folder that may not be written has no room for the files that WAL needs; it has no writer either.
        connection = connect(path, mode="immutable")
        version = version_of(connection, path)
    if version < VERSION:
        connection.close()
        connection = connect(path, mode="rw")
        bring_up_to_date(connection, path)
    return connection


class _Questions:
    """Questions of many results: most of their parts are the same, and held once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], QuestionPoints] = {}

    def __call__(self, text: str) -> tuple[QuestionPoints, ...]:
        return tuple(self._points(tuple(parts)) for parts in json.loads(text))

    def _points(self, parts: tuple[str, ...]) -> QuestionPoints:
        if parts not in self._known:
            name, title, score, maximum = parts
            self._known[parts] = QuestionPoints(name, title, Decimal(score), Decimal(maximum))
        return self._known[parts]


def _run(row: sqlite3.Row) -> Run:
    return Run(
        number=row["number"],
        assignment=row["assignment"],
        release=row["release"],
        state=row["state"],
        started=datetime.fromisoformat(row["started"]),
        finished=_time(row["finished"]),
        submissions=row["submissions"],
        done=row["done"],
        reused=row["reused"],
        errors=row["errors"],
        left_out=tuple(json.loads(row["left_out"])),
        seed=int(row["seed"]),
        device=row["device"],
        data=row["data"],
        isolation=row["isolation"],
        jobs=row["jobs"],
        engine=row["engine"],
        versions=json.loads(row["versions"]),
    )


def _summary(row: sqlite3.Row, questions: _Questions) -> Summary:
    return Summary(
        slug=row["slug"],
        student=row["student"],
        identity=row["identity"],
        attempt=row["attempt"],
        submitted=_time(row["submitted"]),
        marked_late=bool(row["marked_late"]),
        status=row["status"],
        problem=row["problem"],
        score=None if row["score"] is None else Decimal(row["score"]),
        maximum=Decimal(row["maximum"]),
        questions=questions(row["questions"]),
        reused=row["reason"] == "",
    )


def _entry(row: sqlite3.Row, questions: _Questions) -> Entry:
    record = json.loads(zlib.decompress(row["record"]))
    return Entry(_summary(row, questions), record, json.loads(row["seconds"]), row["submission"] or "")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
