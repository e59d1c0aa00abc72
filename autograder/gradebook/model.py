"""What the gradebook knows, as values: runs, and the entries of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

RUNNING, COMPLETE, INTERRUPTED = "running", "complete", "interrupted"


@dataclass(frozen=True)
class Run:
    """One batch.

    Attributes:
        number: counted from 1 within the gradebook.
        assignment, release: name and version of what was graded.
        state: RUNNING (also when its process was killed), COMPLETE or INTERRUPTED.
        started, finished: UTC; finished is None until it is.
        submissions, done, reused, errors: how many were found, have a result, have one of an earlier run, broke the
            grader.
        left_out: a line for each thing of the intake that was not graded.
        seed, device, data, isolation, jobs, engine, versions: what it was graded with.
    """

    number: int
    assignment: str
    release: str
    state: str
    started: datetime
    finished: datetime | None
    submissions: int
    done: int
    reused: int
    errors: int
    left_out: tuple[str, ...]
    seed: int
    device: str
    data: str
    isolation: str
    jobs: int
    engine: str
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionPoints:
    """A question's part of a score; exact decimals."""

    name: str
    title: str
    score: Decimal
    maximum: Decimal


@dataclass(frozen=True)
class Summary:
    """What tables need of an entry: small, so that a class of thousands fits into memory.

    Attributes:
        slug: unique in the run; names the files results/<slug>.json and feedback/<slug>.*.
        student, identity, attempt, submitted, marked_late: as in ``intake.model.Submission``.
        status: as in the record: "graded", "no usable file", "does not load", "error".
        problem: why it is not "graded", one line, or None.
        score: before any deduction; None when the grader broke.
        reused: the result is of an earlier run.
    """

    slug: str
    student: str
    identity: str
    attempt: int
    submitted: datetime | None
    marked_late: bool
    status: str
    problem: str | None
    score: Decimal | None
    maximum: Decimal
    questions: tuple[QuestionPoints, ...]
    reused: bool

    @property
    def person(self) -> str:
        """What attempts of one student share."""
        return self.identity or self.student


@dataclass(frozen=True)
class Entry:
    """One submission of a run with all that is known of it.

    Attributes:
        summary: the table's row.
        record: as results/<slug>.json holds it (``grading.results.SCHEMA``).
        seconds: where the time went ("total", "load", "probes", "judging", "cpu"), {} for what was not run.
        content: hash of the files that were graded, by which ``Gradebook.source`` gives them; "" where there are none.
    """

    summary: Summary
    record: Mapping[str, Any]
    seconds: Mapping[str, float]
    content: str
