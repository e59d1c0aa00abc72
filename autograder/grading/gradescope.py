"""The command ``autograder gradescope``: grade the submission in Gradescope's container and write its results.json.

Gradescope documents the container at https://gradescope-autograders.readthedocs.io/en/latest/specs/: it is started for
one submission, with ``source/`` (our bundle), ``submission/`` and ``submission_metadata.json`` below /autograder, and
``results/results.json`` is all that it takes from it.

Promises:
- Scores are those of ``autograder grade``. The points of the tests add up to the score, unless staff asked for a
  deduction for late days. A question that is all or nothing has its points in a row of its own: on the rows of its
  tests they would tell at once how its hidden tests went.
- A hidden test is shown after grades are published, by its title (or without, as [report] in assignment.toml has it);
  its name, message and data never are. Staff find them in the container's output, which students can't see.
- A results.json of this run, or none of an earlier one. What the grader broke has no score on any level: Gradescope
  asks for one, so that it counts a result without as not graded, and never as a zero that the student earned.
- The container's isolation is used as far as it goes (``autograder doctor``); the result says what held.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import autograder
from autograder.core.assignment import Assignment
from autograder.core.text import one_line, plain_text
from autograder.errors import AutograderError
from autograder.grading.batch import Record
from autograder.grading.feedback import LINES, MESSAGE, OUTPUT, told
from autograder.grading.results import ERROR, GRADED, to_json, write_atomically
from autograder.grading.single import bundled_assignment, close_to_others, grade_folder

DONE, BROKEN = 0, 1
_DAY = timedelta(days=1)
_ALWAYS, _PUBLISHED = "visible", "after_published"
_FAILED = "The grader could not grade this submission. That is not your fault and not a score: it will be graded again."


@dataclass(frozen=True)
class Lateness:
    """How a submission stands to its due date.

    Attributes:
        days: days begun after the due date; 0: in time.
        due: the date that counts: with a student's extension, or the latest of a group's.
        closed: it came after the late due date, too.
    """

    days: int
    due: datetime
    closed: bool


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``gradescope`` to the command line."""
    parser = subparsers.add_parser(
        "gradescope",
        help="grade the submission in Gradescope's container",
        description="Grade submission/ with the bundle in source/ and write results/results.json. The bundle's "
        "run_autograder calls this; there is no need to call it elsewhere.",
        epilog="Exit code: 0 graded (whatever it scored), 1 the grader broke: results.json says so and has no score.",
    )
    parser.add_argument("--root", type=Path, default=Path("/autograder"), metavar="DIR", help="(/autograder)")
    parser.add_argument(
        "--late-percent",
        type=_percent,
        default=Decimal(0),
        metavar="P",
        help="of the score, taken off for each day begun after the due date (0: late days are only counted)",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    started = time.monotonic()
    path = args.root / "results" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # of an earlier run
    try:
        results = _grade(args.root, args.late_percent)
    except Exception as error:  # whatever it is: there must be a result, and the reason must be in staff's output
        _report_failure(error)
        results = broken_results()
    results["execution_time"] = round(time.monotonic() - started, 1)
    write_atomically(path, json.dumps(results, indent=1, allow_nan=False) + "\n")
    return DONE if "score" in results else BROKEN


def _grade(root: Path, late_percent: Decimal) -> dict[str, Any]:
    for name in ("source", "submission_metadata.json"):
        close_to_others(root / name)
    assignment = bundled_assignment(root / "source" / "course")
    lateness = _lateness_in(root / "submission_metadata.json")
    record = grade_folder(assignment, root / "submission", accept_less=True)
    print(to_json(record))  # for staff: with the messages of hidden tests
    results = gradescope_results(assignment, record, lateness, late_percent=late_percent)
    results["extra_data"] |= _bundle_in(root / "source")
    return results


def _bundle_in(source: Path) -> dict[str, Any]:
    """Version and commit that the bundle was built from; nothing for one that was put together by hand."""
    path = source / "release.json"
    return {"bundle": json.loads(path.read_text(encoding="utf-8"))} if path.is_file() else {}


def _report_failure(error: Exception) -> None:
    if isinstance(error, AutograderError):
        print(f"autograder: {plain_text(str(error), MESSAGE)}", file=sys.stderr)
    else:
        traceback.print_exception(error)


def gradescope_results(
    assignment: Assignment, record: Record, lateness: Lateness | None = None, *, late_percent: Decimal = Decimal(0)
) -> dict[str, Any]:
    """A record in Gradescope's schema, as plain values.

    Args:
        lateness: None where nothing is known of due dates.
        late_percent: of the score, taken off for each late day.
    """
    if record["status"] == ERROR:
        return broken_results()
    whole = {question.name for question in assignment.questions if question.all_or_nothing}
    kept = max(Decimal(0), 100 - late_percent * (lateness.days if lateness else 0)) / 100
    titled = assignment.report.hidden == "title"
    rows = list(_rows(record, whole, titled=titled)) if record["tests"] else [_nothing_to_grade(record)]
    return {
        "score": _number(Decimal(record["score"]) * kept),
        "output": "\n".join(_remarks(record, lateness, kept)),
        **_PRESENTATION,
        "extra_data": _extra_data(record, lateness),
        "tests": rows,
        "leaderboard": _leaderboard(record),
    }


def broken_results() -> dict[str, Any]:
    """What is said when the grader broke: no score anywhere."""
    return {
        "output": _FAILED,
        **_PRESENTATION,
        "extra_data": {"autograder": autograder.__version__, "status": ERROR},
        "tests": [{"name": "The grader failed", "status": "failed", "output": _FAILED, "visibility": _ALWAYS}],
    }


# Text of a submission is text: Gradescope would take the first for HTML otherwise.
_PRESENTATION = {
    "output_format": "text",
    "test_output_format": "text",
    "test_name_format": "text",
    "stdout_visibility": "hidden",
}


def _remarks(record: Record, lateness: Lateness | None, kept: Decimal) -> Iterator[str]:
    """What stands above the tests. Never a total: it would tell how hidden tests went."""
    if record["problem"]:
        lead = "There was nothing to grade" if not record["tests"] else "Your file could not be imported"
        yield f"{lead}:\n{plain_text(record['problem'], MESSAGE, lines=LINES)}"
    yield from (plain_text(note, OUTPUT) for note in record["notes"])
    if lateness is not None and lateness.days:
        yield _late_line(lateness, kept)


def _late_line(lateness: Lateness, kept: Decimal) -> str:
    days = f"{lateness.days} day{'' if lateness.days == 1 else 's'}"
    line = f"Handed in {days} late: it was due {lateness.due.isoformat(' ', 'minutes')}"
    if lateness.closed:
        line += ", and the late due date is over as well"
    return f"{line}. {_number(100 * (1 - kept))} % of the score is taken off." if kept < 1 else f"{line}."


def _extra_data(record: Record, lateness: Lateness | None) -> dict[str, Any]:
    """For staff who export results: what the score was earned under, and what repeats the run."""
    keys = ("assignment", "release", "status", "seed", "device", "data", "isolation", "fingerprint")
    known = {key: record[key] for key in keys}
    late = {}
    if lateness is not None:
        late = {
            "late_days": lateness.days,
            "due_date": lateness.due.isoformat(),
            "after_late_due_date": lateness.closed,
        }
    return {"autograder": autograder.__version__, **known, **late}


def _rows(record: Record, whole: set[str], *, titled: bool) -> Iterator[dict[str, Any]]:
    """A row for each test, by question, and one for each question that is all or nothing."""
    for number, question in enumerate(record["questions"], start=1):
        tests = [test for test in record["tests"] if test["question"] == question["name"]]
        if together := question["name"] in whole and len(tests) > 1:
            yield _question_row(question, tests, str(number))
        for part, test in enumerate(tests, start=1):
            row = _test_row(test, shown=record["status"] == GRADED, titled=titled)
            points = {} if together else _points(test["points"] if test["verdict"] == "passed" else "0", test["points"])
            yield {**points, **row, "number": f"{number}.{part}", "tags": [question["name"]]}


def _question_row(question: Mapping[str, Any], tests: list[Mapping[str, Any]], number: str) -> dict[str, Any]:
    passed = question["score"] == question["maximum"]
    return {
        **_points(question["score"], question["maximum"]),
        "status": "passed" if passed else "failed",
        "name": f"{question['title']}: all or nothing",
        "output": "" if passed else "This question gives its points when all of its tests pass.",
        "visibility": _PUBLISHED if any(test["hidden"] for test in tests) else _ALWAYS,
        "number": number,
        "tags": [question["name"]],
    }


def _test_row(test: Mapping[str, Any], *, shown: bool, titled: bool) -> dict[str, Any]:
    """A test without its points.

    Args:
        titled: a hidden test is called by its title.
        shown: its own message is worth reading; not where all fail for the one reason that stands above them.
    """
    passed = test["verdict"] == "passed"
    if test["hidden"]:
        output = "" if passed else "A hidden test: the handout states the rule that it checks, its data stays hidden."
        return {
            "status": "passed" if passed else "failed",
            "name": (titled and test["title"]) or "A hidden test",
            "output": output,
            "visibility": _PUBLISHED,
        }
    return {
        "status": "passed" if passed else "failed",
        "name": f"{test['name']}: {test['title']}" if test["title"] else test["name"],
        "output": told(test) if shown and not passed else "",
        "visibility": _ALWAYS,
    }


def _nothing_to_grade(record: Record) -> dict[str, Any]:
    return {
        **_points("0", record["maximum"]),
        "status": "failed",
        "name": "A file to grade",
        "output": one_line(record["problem"] or "", OUTPUT),
        "visibility": _ALWAYS,
    }


def _points(score: str, maximum: str) -> dict[str, int | float]:
    return {"score": _number(Decimal(score)), "max_score": _number(Decimal(maximum))}


def _number(value: Decimal) -> int | float:
    """A decimal as JSON writes it without noise: 3, 0.5."""
    return int(value) if value == value.to_integral_value() else float(value)


def _leaderboard(record: Record) -> list[dict[str, Any]]:
    """The median of what public tests measured, by bar; what hidden ones did would tell their verdicts."""
    measured: dict[str, list[float]] = {}
    for test in record["tests"]:
        if not test["hidden"]:
            for bar, values in test["measured"].items():
                measured.setdefault(bar, []).extend(value for value in values if math.isfinite(value))
    return [
        {"name": bar, "value": round(statistics.median(values), 4), "order": "desc"}
        for bar, values in measured.items()
        if values
    ]


def _lateness_in(path: Path) -> Lateness | None:
    """What submission_metadata.json says of due dates; a file that can't be read costs nobody the grading."""
    try:
        return lateness_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        print(f"autograder: {path.name}: late days are not known: {one_line(str(error))}", file=sys.stderr)
        return None


def lateness_of(metadata: Mapping[str, Any]) -> Lateness | None:
    """How late a submission is; None for an assignment without a due date.

    The dates of ``users[].assignment``, where there are any, hold a student's extension; Gradescope sends them without
    documenting them. Of a group, the latest counts.

    Raises:
        ValueError, TypeError, AttributeError: it is not as Gradescope documents it.
    """
    everyones = metadata.get("assignment") or {}
    own = [{**everyones, **(user.get("assignment") or {})} for user in metadata.get("users") or []] or [everyones]
    due = [_moment(dates["due_date"]) for dates in own if dates.get("due_date")]
    if not due or not metadata.get("created_at"):
        return None
    created, latest = _moment(metadata["created_at"]), max(due)
    closing = [_moment(dates["late_due_date"]) for dates in own if dates.get("late_due_date")]
    days = max(0, math.ceil((created - latest) / _DAY))
    return Lateness(days, latest, closed=bool(days and closing and created > max(closing)))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{one_line(text)} names no time zone")
    return moment


def _percent(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value <= 100):
        raise argparse.ArgumentTypeError("must be a number from 0 to 100")
    return value
