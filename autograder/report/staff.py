"""The page for staff: a whole run on one page, with the messages of hidden tests. It is not for students."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from statistics import fmean, median
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line
from autograder.gradebook.model import COMPLETE, INTERRUPTED, RUNNING, Run
from autograder.grading.results import ERROR, GRADED
from autograder.report.charts import histogram, short, width
from autograder.report.clusters import find_clusters, problems
from autograder.report.gather import ClassData, Row
from autograder.report.page import render
from autograder.report.similar import PairView, pair_views
from autograder.report.statistics import question_rows, test_rows

if TYPE_CHECKING:
    from autograder.course.final import Final
    from autograder.similarity.model import Similarity

_SLOWEST, _MOVED, _LINES = 8, 40, 40  # rows that are shown of each
_FIRST_CLUSTERS, _CLUSTERS = 12, 60  # groups of failures that are shown at once, and at all
_TEXTS = 3_000_000  # characters of messages in the page, all together
_LENGTHS = (1200, 700, 400, 240, 160)  # of one message; the first is taken with which all of them fit
_STATES = {COMPLETE: "complete", INTERRUPTED: "interrupted: not all are graded", RUNNING: "not finished"}


@dataclass(frozen=True)
class Extras:
    """What a report shows beside a run's results.

    Attributes:
        finals: what became of scores by the rules of the course, by slug; empty where there are no rules.
        similarity: submissions that are alike; None where they were not compared.
        feedback, results: addresses of these folders, seen from the page, with a slash at the end.
        made: when the page was made.
    """

    finals: Mapping[str, Final] = field(default_factory=dict)
    similarity: Similarity | None = None
    feedback: str = "feedback/"
    results: str = "results/"
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class TableRow:
    """A submission in the table of students."""

    number: int
    row: Row
    score: str
    share: float
    cells: tuple[tuple[str, str], ...]
    late: str
    final: str
    change: str
    seconds: str
    remark: str
    kinds: str


def staff_page(assignment: Assignment, data: ClassData, extras: Extras) -> str:
    """The page of a run."""
    clusters = find_clusters(data)
    number_of = {row.summary.slug: i for i, row in enumerate(data.rows)}
    tests = test_rows(data)
    scores = [float(row.summary.score) for row in data.graded if row.summary.score is not None]
    pairs: Sequence[PairView] = pair_views(extras.similarity, data.rows) if extras.similarity else ()
    return render(
        "staff.html",
        styles=("base.css", "staff.css"),
        script="staff.js",
        title=assignment.title,
        data=data,
        run=data.run,
        facts=_facts(data.run, extras.made),
        numbers=_numbers(data, scores),
        chart=histogram(scores, float(data.maximum)) if scores and data.maximum else None,
        ungraded=len(data.rows) - len(data.graded),
        questions=question_rows(data),
        tests=tests,
        odd_tests=[test for test in tests if test.remark],
        question_number={question.name: i + 1 for i, question in enumerate(data.questions)},
        clusters=clusters.shared[:_CLUSTERS],
        first_clusters=_FIRST_CLUSTERS,
        more_clusters=max(0, len(clusters.shared) - _CLUSTERS),
        single=clusters.single,
        problems=problems(data.rows),
        slowest=_slowest(data.rows),
        moved=_moved(data.rows),
        most_moved=_MOVED,
        newcomers=[row for row in data.rows if row.is_new],
        gone=data.gone,
        pairs=pairs,
        similarity=extras.similarity,
        record=_record(data.run),
        left_out=data.run.left_out,
        shown_lines=_LINES,
        rows=_table(data, extras.finals),
        has_late=any(_is_late(row, extras.finals) for row in data.rows),
        has_final=bool(extras.finals),
        maximum=plain_decimal(data.maximum),
        number_of=number_of,
        details=_details(data, extras),
        width=width,
        percent=percent,
        decimal=plain_decimal,
        signed=signed,
        link=_link(extras),
    )


def percent(share: float) -> str:
    """A share as a whole percentage; only all is 100 and only none is 0."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0 else f"{rounded} %"


def signed(value: Decimal) -> str:
    """A difference with its sign, typographically."""
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{plain_decimal(abs(value))}"


def _facts(run: Run, made: datetime) -> list[str]:
    when = (run.finished or run.started).astimezone(UTC)
    return [
        f"run {run.number}, {_STATES.get(run.state, run.state)}",
        f"release {run.release}",
        f"{when:%-d %B %Y, %H:%M} UTC",
        f"page made {made.astimezone(UTC):%-d %B %Y, %H:%M} UTC",
    ]


def _numbers(data: ClassData, scores: Sequence[float]) -> list[tuple[str, str]]:
    graded = len(data.graded)
    errors = sum(row.summary.status == ERROR for row in data.rows)
    pairs = [("submissions", str(len(data.rows))), ("graded", str(graded))]
    if scores:
        full = sum(score >= float(data.maximum) for score in scores)
        pairs += [
            ("mean", short(fmean(scores))),
            ("median", short(median(scores))),
            ("full marks", percent(full / graded)),
        ]
    pairs.append(("not gradable", str(len(data.rows) - graded - errors)))
    if errors:
        pairs.append(("grader broke at", str(errors)))
    return pairs


def _record(run: Run) -> list[tuple[str, str]]:
    """What it was graded with."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
    took = f"{(run.finished - run.started).total_seconds():.0f} s" if run.finished else "not finished"
    return [
        ("isolation", run.isolation),
        ("device", run.device),
        ("data", run.data or "none"),
        ("seed", str(run.seed)),
        ("engine", run.engine),
        ("versions", versions or "not known"),
        ("at a time", str(run.jobs)),
        ("took", took),
        ("kept of earlier runs", f"{run.reused} of {run.submissions}"),
    ]


def _slowest(rows: Sequence[Row]) -> list[tuple[Row, list[tuple[str, str]]]]:
    timed = sorted((row for row in rows if row.seconds.get("total")), key=lambda row: -row.seconds["total"])
    names = ("total", "load", "probes", "judging", "cpu")
    return [(row, [(name, f"{row.seconds.get(name, 0):.1f}") for name in names]) for row in timed[:_SLOWEST]]


def _moved(rows: Sequence[Row]) -> list[Row]:
    """Whose score differs from the run before, the largest differences first."""
    return sorted((row for row in rows if row.change), key=lambda row: abs(row.change or Decimal(0)), reverse=True)


# ---------------------------------------------------------------------------------------------------------------------
# The table of students
# ---------------------------------------------------------------------------------------------------------------------


def _table(data: ClassData, finals: Mapping[str, Final]) -> list[TableRow]:
    return [_table_row(i, row, finals.get(row.summary.slug)) for i, row in enumerate(data.rows)]


def _table_row(number: int, row: Row, final: Final | None) -> TableRow:
    summary = row.summary
    known = summary.score is not None
    parts = [(plain_decimal(part.score), _tone(part.score, part.maximum)) for part in summary.questions]
    cells = parts if known else [("", "")] * len(parts)
    remark = "" if summary.status == GRADED else f"{summary.status}: {one_line(summary.problem or '', 120)}"
    return TableRow(
        number,
        row,
        plain_decimal(summary.score) if summary.score is not None else "",
        float(summary.score / summary.maximum) if summary.score is not None and summary.maximum else 0.0,
        tuple(cells),
        _late(row, final),
        "" if final is None or final.score is None else plain_decimal(final.score),
        signed(row.change) if row.change else "",
        f"{row.seconds['total']:.1f}" if row.seconds.get("total") else "",
        remark,
        _kinds(row, final),
    )


def _tone(score: Decimal, maximum: Decimal) -> str:
    """How much of a question's points is missing, as a class of the style sheet."""
    if not maximum or score >= maximum:
        return ""
    return "t3" if score <= 0 else "t2" if score < maximum / 2 else "t1"


def _late(row: Row, final: Final | None) -> str:
    if final is not None and final.days_late:
        return str(final.days_late)
    return "marked" if row.summary.marked_late else ""


def _is_late(row: Row, finals: Mapping[str, Final]) -> bool:
    return bool(_late(row, finals.get(row.summary.slug)))


def _kinds(row: Row, final: Final | None) -> str:
    """What the table can be narrowed down to."""
    summary = row.summary
    kinds = {
        "ungraded": summary.status != GRADED,
        "lost": summary.score is not None and summary.score < summary.maximum,
        "full": summary.score is not None and summary.score >= summary.maximum,
        "late": bool(_late(row, final)),
        "moved": bool(row.change) or row.is_new,
    }
    return " ".join(kind for kind, holds in kinds.items() if holds)


# ---------------------------------------------------------------------------------------------------------------------
# What is shown of a student when a row is opened
# ---------------------------------------------------------------------------------------------------------------------


def _details(data: ClassData, extras: Extras) -> Markup:
    """All rows' details as JSON for the page's script; texts that repeat are in it once."""
    cut = _message_length(data)
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    question = {item.name: i + 1 for i, item in enumerate(data.questions)}
    rows = []
    for row in data.rows:
        failures = [[item.test, place(_cut(item.message, cut)), place(item.cause)] for item in row.failures]
        final = extras.finals.get(row.summary.slug)
        notes = [*row.notes, *([final.note] if final is not None and final.note else [])]
        rows.append([quote(row.summary.slug), failures, notes, row.summary.problem or "", _figures(row)])
    tests = [
        [test.name, test.title, question.get(test.question, 0), plain_decimal(test.points), int(test.hidden)]
        for test in data.tests
    ]
    value = {
        "tests": tests,
        "rows": rows,
        "texts": list(texts),
        "feedback": extras.feedback,
        "results": extras.results,
    }
    return json_in_html(value)


def json_in_html(value: Any) -> Markup:
    """JSON for a data block: nothing in it can end the block, or look like markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _message_length(data: ClassData) -> int:
    """How much of each message is shown, so that a large class still makes a page that opens quickly."""
    messages = {item.message for row in data.rows for item in row.failures}
    for length in _LENGTHS:
        if sum(min(length, len(message)) for message in messages) <= _TEXTS:
            break
    return length


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _figures(row: Row) -> list[list[Any]]:
    return [
        [item.test, title, drawn.columns, drawn.rows, list(drawn.paths), drawn.caption]
        for item in row.failures
        for title, drawn in item.figures
    ]


def _link(extras: Extras) -> Any:
    def link(row: Row) -> str:
        return f"{extras.feedback}{quote(row.summary.slug)}.html"

    return link
