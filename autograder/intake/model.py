"""What intake finds, whatever it was found in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """One attempt of one student.

    Attributes:
        student: the name as shown to people, cleaned.
        slug: the name as files bear it: unique in the batch, safe anywhere.
        files: what is copied for the worker, the graded file first; empty when there is a problem.
        problem: why there is nothing to grade, or None.
        note: a remark on the choice of file, or None.
        identity: how the platform or the roster knows the student (its id, or an address), "" where nothing does.
        attempt: counted from 1, as the platform does.
        submitted: when it was handed in, with a time zone; None where that is not known.
        marked_late: the platform itself calls it late, without saying when it came.
    """

    student: str
    slug: str
    files: tuple[Path, ...] = ()
    problem: str | None = None
    note: str | None = None
    identity: str = ""
    attempt: int = 1
    submitted: datetime | None = None
    marked_late: bool = False

    @property
    def person(self) -> str:
        """What attempts of one student share."""
        return self.identity or self.student


@dataclass(frozen=True)
class Intake:
    """Everything found: submissions in order of their names, and lines on what was left out.

    Attributes:
        recognised: what it was taken for, in a few words for people ("Canvas download, 31 files").
    """

    submissions: tuple[Submission, ...]
    left_out: tuple[str, ...] = ()
    recognised: str = ""
