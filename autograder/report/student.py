"""A student's page: what was earned, and what can be learned from what was not.

Hidden tests appear as assignment.toml chooses, never by message, output, source or data. A hidden test's figure is
shown where the test says that it tells nothing hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.text import plain_text
from autograder.gradebook.model import Entry
from autograder.grading.feedback import LINES, MESSAGE, OUTPUT
from autograder.grading.results import ERROR, GRADED, NO_FILE, NOT_LOADED
from autograder.report.charts import width
from autograder.report.figures import Drawn, draw
from autograder.report.page import render

if TYPE_CHECKING:
    from autograder.course.final import Final

_FIGURES = 12  # on one page
STYLES = ("base.css", "student.css")


@dataclass(frozen=True)
class FailedTest:
    """A failed test as its student sees it."""

    name: str
    title: str
    points: str
    message: str
    cause: str
    output: str
    figures: tuple[Drawn, ...]


@dataclass(frozen=True)
class Behaviour:
    """What a test saw that says more than passed or failed, under the test's title."""

    title: str
    figures: tuple[Drawn, ...]


def student_page(assignment: Assignment, entry: Entry, final: Final | None = None) -> str:
    """The page.

    Args:
        final: what became of the score by the rules of the course, where there are any.
    """
    record, summary = entry.record, entry.summary
    ran = record["status"] == GRADED
    failed = [test for test in record["tests"] if test["verdict"] != "passed"] if ran else []
    hidden = [test for test in failed if test["hidden"]]
    share = float(summary.score / summary.maximum) if summary.score and summary.maximum else 0.0
    return render(
        "student.html",
        styles=STYLES,
        title=assignment.title,
        summary=summary,
        record=record,
        broken=record["status"] == ERROR,
        problem=_problem(record),
        width=width,
        share=share,
        questions=[(item, _share(item["score"], item["maximum"])) for item in record["questions"]],
        failed=[_failed(test) for test in failed if not test["hidden"]],
        all_passed=ran and not failed,
        hidden=_hidden_lines(hidden, assignment.report.hidden),
        training=list(_training(record, assignment.report.hidden)) if ran else [],
        late=_late(final),
    )


def _problem(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """A heading and the text below it, where there were no verdicts to give."""
    leads = {NO_FILE: "There was nothing to grade", NOT_LOADED: "Your file could not be imported, so no test could run"}
    lead = leads.get(record["status"])
    return None if lead is None else (lead, plain_text(record["problem"] or "", MESSAGE, lines=LINES).strip())


def _failed(test: Mapping[str, Any]) -> FailedTest:
    return FailedTest(
        test["name"],
        test.get("title") or test["name"],
        counted(test["points"], "point"),
        plain_text(test.get("message", ""), MESSAGE, lines=LINES).rstrip(),
        test.get("cause") or "",
        plain_text(test.get("output", ""), OUTPUT, lines=LINES).strip("\n"),
        _drawn(test.get("figures", ())),
    )


def _hidden_lines(hidden: Sequence[Mapping[str, Any]], shown: str) -> tuple[str, ...]:
    """What is said of hidden tests that failed."""
    if not hidden or shown == "none":
        return ()
    if shown == "count":
        points = plain_decimal(sum((Decimal(test["points"]) for test in hidden), Decimal(0)))
        return (f"{counted(str(len(hidden)), 'hidden test')} failed, worth {counted(points, 'point')}.",)
    named = ((test.get("title") or test["name"], counted(test["points"], "point")) for test in hidden)
    return tuple(f"{title} ({points})" for title, points in named)


def _training(record: Mapping[str, Any], shown: str) -> Iterator[Behaviour]:
    """Figures of tests that passed, and those of hidden tests that may be shown."""
    room = _FIGURES
    for test in record["tests"]:
        if (test["hidden"] and shown == "none") or (not test["hidden"] and test["verdict"] != "passed"):
            continue
        allowed = [figure for figure in test.get("figures", ()) if not test["hidden"] or figure.get("shown")]
        figures = _drawn(allowed)[:room]
        room -= len(figures)
        if figures:
            named = not test["hidden"] or shown == "title"
            yield Behaviour(test.get("title") or test["name"] if named else "A hidden test", figures)


def _drawn(figures: Sequence[Mapping[str, Any]]) -> tuple[Drawn, ...]:
    def drawings() -> Iterator[Drawn]:
        for figure in figures[:_FIGURES]:
            if (drawn := draw(figure)) is not None:
                yield drawn

    return tuple(drawings())


def _late(final: Final | None) -> tuple[str, ...]:
    """What the rules of the course made of the score."""
    if final is None:
        return ()
    lines = [f"{final.note[:1].upper()}{final.note[1:]}."] if final.note else []
    if final.deduction and final.score is not None:
        taken, left = plain_decimal(final.deduction), plain_decimal(final.score)
        lines.append(
            f"{counted(taken, 'point')} taken off: {counted(left, 'point')} count{'s' if left == '1' else ''}."
        )
    return tuple(lines)


def _share(score: str, maximum: str) -> float:
    return float(Decimal(score) / Decimal(maximum)) if Decimal(maximum) else 0.0


def counted(count: str, thing: str) -> str:
    """A number and its thing: 1 point, 2 points."""
    return f"{count} {thing}{'' if count == '1' else 's'}"
