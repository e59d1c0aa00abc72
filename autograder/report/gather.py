"""What the pages are made of, read once from the gradebook: of each submission only what they show."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from autograder.core.text import plain_text
from autograder.gradebook.model import Entry, QuestionPoints, Run, Summary
from autograder.grading.results import GRADED
from autograder.report.figures import HeatMap, heat_map

_EXCERPT, _LINES = 1200, 14  # of a message, in the page for staff; all of it is in results/
_FIGURES = 1_500_000  # characters of all heat maps that only staff see; the first of the class are kept
PASSED, FAILED, ABSENT = "1", "0", "-"


class Readable(Protocol):
    """What a report reads of a gradebook."""

    def runs(self, assignment: str | None = None) -> tuple[Run, ...]:
        """All runs, oldest first."""

    def run(self, number: int | None = None) -> Run:
        """One run; None: the newest."""

    def summaries(self, run: int) -> Iterator[Summary]:
        """The rows of a run's table."""

    def entries(self, run: int) -> Iterator[Entry]:
        """The rows with their records, one at a time."""


@dataclass(frozen=True)
class TestColumn:
    """A test, as records name it."""

    __test__ = False

    name: str
    title: str
    question: str
    points: Decimal
    hidden: bool


@dataclass(frozen=True)
class Failure:
    """A test that a submission did not pass.

    Attributes:
        test: its index among the class's tests.
        headline: first line of its message.
        cause: the likely cause, or "".
        message: bounded.
        figures: heat maps that the student's page does not show, with their titles.
    """

    test: int
    headline: str
    cause: str
    message: str
    figures: tuple[tuple[str, HeatMap], ...] = ()


@dataclass(frozen=True)
class Row:
    """A submission.

    Attributes:
        verdicts: a character a test, in the order of the class's tests: passed, failed, or absent.
        failures: of tests that it did not pass; () where none ran or all fail because it does not load.
        before: its score in the run that this one is compared with; None where it has none.
        is_new: that run does not know it.
    """

    summary: Summary
    verdicts: str
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    before: Decimal | None = None
    is_new: bool = False

    def passed(self, test: int) -> bool:
        """Whether it passed the test of that index."""
        return self.verdicts[test : test + 1] == PASSED

    @property
    def change(self) -> Decimal | None:
        """Points more (or less) than in the run before; None where either is not known."""
        return None if self.before is None or self.summary.score is None else self.summary.score - self.before


@dataclass(frozen=True)
class ClassData:
    """A run as its pages show it.

    Attributes:
        previous: the run that it is compared with, or None.
        gone: names of those who were in that run and are not in this one.
    """

    run: Run
    rows: tuple[Row, ...]
    tests: tuple[TestColumn, ...]
    questions: tuple[QuestionPoints, ...]
    previous: Run | None = None
    gone: tuple[str, ...] = ()

    @cached_property
    def graded(self) -> tuple[Row, ...]:
        """Those that could be imported and judged: what statistics are about."""
        return tuple(row for row in self.rows if row.summary.status == GRADED)

    @cached_property
    def maximum(self) -> Decimal:
        """Points that could be earned."""
        return max((row.summary.maximum for row in self.rows), default=Decimal(0))


@dataclass
class _Seen:
    """What was read so far: tests by name, in the order in which records name them, and room left for figures."""

    columns: dict[str, TestColumn] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)
    room: int = _FIGURES

    def place(self, entry: Mapping[str, Any]) -> int:
        name = entry["name"]
        if name not in self.index:
            self.index[name] = len(self.index)
            self.columns[name] = TestColumn(
                name, entry.get("title", ""), entry["question"], Decimal(entry["points"]), entry["hidden"]
            )
        return self.index[name]

    def heat_maps(self, test: Mapping[str, Any]) -> tuple[tuple[str, HeatMap], ...]:
        maps = []
        for figure in test.get("figures", ()):
            if figure["kind"] == "heatmap" and not figure.get("shown") and figure["values"] and self.room > 0:
                drawn = heat_map(figure["values"])
                self.room -= sum(map(len, drawn.paths))
                maps.append((figure["title"], drawn))
        return tuple(maps)


def gather(gradebook: Readable, run: Run) -> ClassData:
    """Read a run."""
    previous = previous_run(gradebook.runs(run.assignment), run)
    before = {} if previous is None else {_key(summary): summary for summary in gradebook.summaries(previous.number)}
    seen = _Seen()
    rows = tuple(_row(entry, seen, before, compared=previous is not None) for entry in gradebook.entries(run.number))
    known = {_key(row.summary) for row in rows}
    gone = tuple(summary.student for key, summary in before.items() if key not in known)
    questions = max((row.summary.questions for row in rows), key=len, default=())
    return ClassData(run, rows, tuple(seen.columns.values()), questions, previous, gone)


def previous_run(runs: Sequence[Run], run: Run) -> Run | None:
    """The newest run of the same assignment before this one that has results."""
    return next((other for other in reversed(runs) if other.number < run.number and other.done), None)


def _key(summary: Summary) -> tuple[str, int]:
    return summary.person, summary.attempt


def _row(entry: Entry, seen: _Seen, before: Mapping[tuple[str, int], Summary], *, compared: bool) -> Row:
    record, summary = entry.record, entry.summary
    verdicts: dict[int, str] = {}
    failures = []
    for test in record["tests"]:
        place = seen.place(test)
        passed = test["verdict"] == "passed"
        verdicts[place] = PASSED if passed else FAILED
        if not passed and summary.status == GRADED:
            failures.append(_failure(place, test, seen))
    earlier = before.get(_key(summary))
    return Row(
        summary,
        "".join(verdicts.get(i, ABSENT) for i in range(max(verdicts, default=-1) + 1)),
        tuple(failures),
        tuple(record.get("notes", ())),
        entry.seconds,
        before=None if earlier is None else earlier.score,
        is_new=compared and earlier is None,
    )


def _failure(place: int, test: Mapping[str, Any], seen: _Seen) -> Failure:
    message = sys.intern(plain_text(test.get("message", ""), _EXCERPT, lines=_LINES).rstrip())
    headline, cause = sys.intern(message.partition("\n")[0]), sys.intern(test.get("cause") or "")
    return Failure(place, headline, cause, message, seen.heat_maps(test))
