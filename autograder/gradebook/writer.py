"""Writing a gradebook: a run begins with everybody in it, each result is one transaction, the run ends.

Promises: what is committed survives the death of the process at any moment; of a submission there is all (files,
result, verdicts, its place in the run) or nothing. With WAL and synchronous = NORMAL a commit costs no wait for the
disk; after a power cut the last ones may be missing, and are graded again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol, Self

from autograder.core.decimals import plain_decimal
from autograder.gradebook.lock import held_for_writing
from autograder.gradebook.model import RUNNING, QuestionPoints
from autograder.gradebook.schema import bring_up_to_date, version_of
from autograder.gradebook.store import Gradebook, connect, one_line_errors
from autograder.intake.model import Submission

Files = Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class NewRun:
    """A run as it begins; see ``model.Run``.

    Attributes:
        parts: what results depend on beside the submission: the name of each part, and its hash or value.
        facts_key, facts: what the engine found out, as JSON, and by which it is found again.
    """

    assignment: str
    release: str
    seed: int
    device: str
    data: str
    isolation: str
    jobs: int
    engine: str
    versions: Mapping[str, str]
    submissions: int
    left_out: tuple[str, ...]
    parts: Mapping[str, str]
    facts_key: str
    facts: str


@dataclass(frozen=True)
class NewEntry:
    """Somebody in a run that begins.

    Attributes:
        result: an earlier result that is kept, or None.
        reason: why it is graded, or "" when a result is kept.
    """

    submission: Submission
    result: int | None
    reason: str


@dataclass(frozen=True)
class NewResult:
    """What grading one submission came to.

    Attributes:
        verdicts: name, verdict and cause of each test.
        text: the bytes of results/<slug>.json.
    """

    fingerprint: str
    files: Files
    status: str
    problem: str | None
    score: Decimal | None
    maximum: Decimal
    questions: tuple[QuestionPoints, ...]
    verdicts: Sequence[tuple[str, str, str | None]]
    seconds: Mapping[str, float]
    text: str


@dataclass(frozen=True)
class Earlier:
    """The last result of a student in this gradebook.

    Attributes:
        content: hash of the files, "" where there were none.
        parts: of the version that it was graded by.
    """

    status: str
    content: str
    parts: Mapping[str, str]


class GradebookWriter(Gradebook):
    """A gradebook that is read and written; there is one at a time."""

    _lock: contextlib.ExitStack
    _version: str

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, or make it.

        Raises:
            GradebookError: it can't be written, is not a gradebook, or somebody else writes in it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack, one_line_errors(path):
            stack.enter_context(held_for_writing(path))
            connection = connect(path)
            stack.callback(connection.close)
            version_of(connection, path)  # before anything is written into another program's file
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            bring_up_to_date(connection, path)
            book = cls(path, connection)
            book._lock = stack.pop_all()
        return book

    def close(self) -> None:
        """Let go of the file and of the lock."""
        with one_line_errors(self.path):
            self._lock.close()

    def begin(self, run: NewRun, entries: Iterable[NewEntry]) -> int:
        """Note a run and who is in it; returns its number."""
        with self._transaction() as execute:
            self._version = _hash_of(run.assignment, run.release, sorted(run.parts.items()))
            execute(
                "INSERT OR IGNORE INTO version VALUES (?, ?, ?, ?)",
                (self._version, run.assignment, run.release, json.dumps(dict(run.parts))),
            )
            number: int = execute("SELECT coalesce(max(number), 0) + 1 FROM run").fetchone()[0]
            execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(number, run.assignment, run.release, self._version, RUNNING, _now()),
                    *(run.submissions, json.dumps(run.left_out), str(run.seed), run.device, run.data),
                    *(run.isolation, run.jobs, run.engine, json.dumps(dict(run.versions)), run.facts_key, run.facts),
                ),
            )
            for position, entry in enumerate(entries):
                who = entry.submission
                submitted = None if who.submitted is None else who.submitted.isoformat()
                execute(
                    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(number, position, who.slug, _plain(who.student), _plain(who.identity), who.attempt),
                        *(submitted, who.marked_late, entry.reason, entry.result),
                    ),
                )
        return number

    def add(self, run: int, slug: str, result: NewResult) -> None:
        """Note the result of one submission, with all that belongs to it."""
        with self._transaction() as execute:
            self._add_files(execute, result.files)
            questions = [
                (part.name, part.title, plain_decimal(part.score), plain_decimal(part.maximum))
                for part in result.questions
            ]
            cursor = execute(
                "INSERT INTO result VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(result.fingerprint, self._version, content_hash(result.files) or None),
                    *(result.status, result.problem, None if result.score is None else plain_decimal(result.score)),
                    *(plain_decimal(result.maximum), json.dumps(questions)),
                    json.dumps({name: round(value, 4) for name, value in result.seconds.items()}),
                    *(_now(), zlib.compress(result.text.encode())),
                ),
            )
            for position, verdict in enumerate(result.verdicts):
                execute("INSERT INTO test_result VALUES (?, ?, ?, ?, ?)", (cursor.lastrowid, position, *verdict))
            execute("UPDATE entry SET result = ? WHERE run = ? AND slug = ?", (cursor.lastrowid, run, slug))

    def end(self, run: int, state: str) -> None:
        """Note that a run is over."""
        with self._transaction() as execute:
            execute("UPDATE run SET state = ?, finished = ? WHERE number = ?", (state, _now(), run))

    def find_result(self, fingerprint: str) -> int | None:
        """The newest result of the same submission graded by the same version; never one at which the grader broke."""
        sql = "SELECT max(id) FROM result WHERE fingerprint = ? AND status != 'error'"
        found: int | None = next(self._rows(sql, fingerprint))[0]
        return found

    def earlier(self, assignment: str, submission: Submission) -> Earlier | None:
        """The last result of whoever handed that in: of the same attempt, or else of the last one."""
        sql = """
        SELECT result.status, result.submission, version.parts
        FROM entry JOIN run ON run.number = entry.run JOIN result ON result.id = entry.result
            JOIN version ON version.hash = result.version
        WHERE entry.student = ? AND entry.identity = ? AND run.assignment = ?
        ORDER BY entry.attempt = ? DESC, entry.run DESC, entry.attempt DESC LIMIT 1
        """
        who = _plain(submission.student), _plain(submission.identity)
        for row in self._rows(sql, *who, assignment, submission.attempt):
            return Earlier(row["status"], row["submission"] or "", json.loads(row["parts"]))
        return None

    def text_of(self, result: int) -> str:
        """The bytes of results/<slug>.json, as text."""
        row = next(self._rows("SELECT record FROM result WHERE id = ?", result))
        with one_line_errors(self.path):
            return zlib.decompress(row["record"]).decode()

    def last_seed(self, assignment: str) -> int | None:
        """The seed of the assignment's last run."""
        sql = "SELECT seed FROM run WHERE assignment = ? ORDER BY number DESC LIMIT 1"
        return next((int(row["seed"]) for row in self._rows(sql, assignment)), None)

    def facts(self, key: str) -> str | None:
        """What the engine of the last run with that key found out."""
        sql = "SELECT facts FROM run WHERE facts_key = ? ORDER BY number DESC LIMIT 1"
        return next((row["facts"] for row in self._rows(sql, key)), None)

    def _add_files(self, execute: _Execute, files: Files) -> None:
        content = content_hash(files)
        if not content or execute("SELECT 1 FROM submission WHERE hash = ?", (content,)).fetchone():
            return
        execute("INSERT INTO submission VALUES (?)", (content,))
        for position, (name, data) in enumerate(files):
            digest = hashlib.sha256(data).hexdigest()
            if not execute("SELECT 1 FROM file WHERE hash = ?", (digest,)).fetchone():
                execute("INSERT INTO file VALUES (?, ?, ?)", (digest, len(data), zlib.compress(data)))
            execute("INSERT INTO submission_file VALUES (?, ?, ?, ?)", (content, position, _plain(name), digest))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[_Execute]:
        with one_line_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has ended it already
                    self._connection.execute("ROLLBACK")
                raise


class _Execute(Protocol):
    def __call__(self, sql: str, values: Sequence[object] = ..., /) -> sqlite3.Cursor: ...


def content_hash(files: Files) -> str:
    """What names the files of a submission, with the graded one first; "" for none."""
    if not files:
        return ""
    return _hash_of(*((name, hashlib.sha256(data).hexdigest()) for name, data in files))


def _hash_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _plain(name: str) -> str:
    """Text that can be stored: names of files need not be any."""
    return name.encode("utf-8", "backslashreplace").decode()


def _now() -> str:
    return datetime.now(UTC).isoformat()
