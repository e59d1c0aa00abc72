"""What exporters are given: the scores that count, and the records behind them one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from autograder.core.assignment import Assignment
from autograder.course.final import Final
from autograder.gradebook.model import Entry, Run


class Book(Protocol):
    """What exporters ask of a gradebook."""

    def entries(self, run: int) -> Iterator[Entry]:
        """The entries of a run."""


@dataclass(frozen=True)
class Marks:
    """One run, and what counts of it.

    Attributes:
        finals: one a student, or one an attempt where all of them count.
    """

    book: Book
    run: Run
    assignment: Assignment
    finals: tuple[Final, ...]

    def entries(self) -> Iterator[tuple[Final, Entry]]:
        """What counts with the whole record of it, one at a time."""
        counting = {final.summary.slug: final for final in self.finals}
        for entry in self.book.entries(self.run.number):
            final = counting.get(entry.summary.slug)
            if final is not None:
                yield final, entry
