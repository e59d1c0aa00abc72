"""What grading one submission yields: the records that leave the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

Verdict = Literal["passed", "failed", "error"]


@dataclass(frozen=True)
class TestInfo:
    """A collected test.

    Attributes:
        name: the test function's name, unique in the assignment.
        question: the question that its points belong to.
        points: what it is worth, exact.
        hidden: from ``hidden/``: its source, data and messages are for staff only.
        title: first line of its docstring: what it wants, in words for students.
    """

    __test__ = False

    name: str
    question: str
    points: Decimal
    hidden: bool
    title: str


class Figure(TypedDict):
    """A picture of what a test saw, as numbers; made by ``core.figures``, and plain, so that records hold it as it is.

    Every number is finite, or None where there was none (NaN, an infinity).

    Attributes:
        kind: "heatmap": how far off each entry of a result is, at most 32 x 32; "curve": one row or more of at most 200
            numbers; "confusion": how often each class (row) was taken for each (column), at most 32 x 32.
        title, x, y: in words: what it shows, and what runs along its axes.
        names: of a curve's rows, or of the classes of a confusion.
        shown: whether the student may see it: it is of a public test, or tells nothing of hidden data.
    """

    kind: Literal["heatmap", "curve", "confusion"]
    title: str
    x: str
    y: str
    values: list[list[float | None]]
    names: NotRequired[list[str]]
    shown: bool


@dataclass(frozen=True)
class TestOutcome:
    """One test's verdict on one submission.

    Attributes:
        name: the test's name.
        verdict: passed, failed (the submission is wrong) or error (the grader broke: never the student's zero).
        message: why not, as shown to a person; empty when passed. Bounded plain text.
        cause: the likely cause in a few words, when one was recognised.
        output: what the submission printed meanwhile; bounded plain text.
        measured: what each bar measured, a number a trial.
        figures: pictures of what went wrong, or of how a model trained.
    """

    __test__ = False

    name: str
    verdict: Verdict
    message: str = ""
    cause: str | None = None
    output: str = ""
    measured: Mapping[str, Sequence[float]] = field(default_factory=dict)
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Task:
    """One submission to grade.

    Attributes:
        key: an opaque name, unique in the batch (the worker never learns a student's name).
        folder: a private folder that holds the submission's file(s); the worker may write in it.
        file: the submission's file in it: ``.py`` or ``.ipynb``.
        tests: the names of the tests that judge it; empty: all that the engine has.
        seed: of everything that is drawn for it; None: the engine's.
    """

    key: str
    folder: Path
    file: str
    tests: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class Graded:
    """Everything that the engine knows of one graded submission.

    Attributes:
        key: the task's key.
        outcomes: one a test, in the order of collection; empty when ``error`` is set.
        load_error: why the submission could not be imported (all tests failed for this), else None.
        notes: remarks on the import ("cell 5 failed: NameError: ...").
        error: why the grader could not grade it (no verdicts then; run again), else None.
        seconds: where the time went: "total", "load", "probes" and "judging" by the clock, "cpu" of the judge and of
            the last worker (which reports its own); never part of scores or feedback.
        worker_pss_kb: proportional set size of the worker after its last probe, 0 where unknown.
    """

    key: str
    outcomes: tuple[TestOutcome, ...] = ()
    load_error: str | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    worker_pss_kb: int = 0
