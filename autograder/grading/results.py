"""The record of one graded submission, as results/<student>.json holds it, and scores.csv made of all of them.

A record depends on the submission, the assignment, the engine, the seed and the device alone: no times, no paths, so
that the same input gives the same bytes. It is for staff: it holds the messages of hidden tests.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.outcome import Graded, TestInfo, TestOutcome
from autograder.core.text import plain_text
from autograder.gradebook.model import QuestionPoints, Summary
from autograder.grading.facts import Facts
from autograder.grading.scoring import QuestionScore, maximum, score_questions, total
from autograder.intake.model import Submission

VERSION = 1
GRADED, NO_FILE, NOT_LOADED, ERROR = "graded", "no usable file", "does not load", "error"
UNFINISHED = ".writing-"  # how a file's name begins until it is whole

_TEXT = 5000  # characters of any one text: a message (4,000) with the name of its test
_POINTS = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_FIGURE = {
    "type": "object",
    "description": "what a test saw: where a result is wrong, how a model trained, what it confuses",
    "additionalProperties": False,
    "required": ["kind", "title", "x", "y", "values", "shown"],
    "properties": {
        "kind": {"enum": ["heatmap", "curve", "confusion"]},
        "title": {"type": "string"},
        "x": {"type": "string"},
        "y": {"type": "string"},
        "values": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"]}}},
        "names": {"type": "array", "items": {"type": "string"}},
        "shown": {"type": "boolean", "description": "its student may see it, also where the test is hidden"},
    },
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "The record of one graded submission",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "version",
        "student",
        "assignment",
        "release",
        "status",
        "score",
        "maximum",
        "questions",
        "tests",
        "fingerprint",
    ],
    "properties": {
        "version": {"const": VERSION, "description": "of this schema"},
        "student": {"type": "string", "description": "the name under which it was handed in, cleaned"},
        "assignment": {"type": "string"},
        "release": {"type": "string", "description": "version of the assignment that it was graded by"},
        "status": {
            "enum": [GRADED, NO_FILE, NOT_LOADED, ERROR],
            "description": "'error': the grader broke, so there is no score; grade again",
        },
        "score": {"oneOf": [_POINTS, {"type": "null"}], "description": "exact decimal; null when status is error"},
        "maximum": _POINTS,
        "problem": {**_TEXT_OR_NULL, "description": "why it could not be graded or loaded"},
        "notes": {"type": "array", "items": {"type": "string"}, "description": "remarks on file, release and import"},
        "seed": {"type": "integer"},
        "device": {"enum": ["cpu", "cuda"]},
        "data": {"type": "string", "description": "the data set that models were trained on; empty: none"},
        "isolation": {"type": "string", "description": "what its code ran under"},
        "fingerprint": {"type": "string", "description": "of submission, assignment, engine, seed and device"},
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "title", "score", "maximum"],
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string"},
                    "score": _POINTS,
                    "maximum": _POINTS,
                },
            },
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "question", "points", "hidden", "verdict"],
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string", "description": "what it wants, in words for students"},
                    "question": {"type": "string"},
                    "points": _POINTS,
                    "hidden": {"type": "boolean", "description": "message and output are for staff only"},
                    "verdict": {"enum": ["passed", "failed", "error"]},
                    "message": {"type": "string"},
                    "cause": _TEXT_OR_NULL,
                    "output": {"type": "string", "description": "what the submission printed meanwhile"},
                    "measured": {
                        "type": "object",
                        "description": "what a trained model reached, by bar: a number for each trial",
                        "additionalProperties": {"type": "array", "items": {"type": "number"}},
                    },
                    "figures": {"type": "array", "items": _FIGURE},
                },
            },
        },
    },
}


def make_record(
    assignment: Assignment,
    facts: Facts,
    submission: Submission,
    graded: Graded | None,
    fingerprint: str,
    *,
    origin: str | None = None,
) -> dict[str, Any]:
    """The record of a submission.

    Every text in it is plain and bounded, whoever wrote it: files, tables and pages are all made of the record.

    Args:
        facts: what it was graded with.
        graded: None for one that had nothing to grade.
        origin: what ``origin_note`` says of its file.
    """
    outcomes = {outcome.name: outcome for outcome in graded.outcomes} if graded else {}
    passed = frozenset(name for name, outcome in outcomes.items() if outcome.verdict == "passed")
    scores = score_questions(assignment, facts.tests, passed)
    status, problem = _status(submission, graded)
    notes = [*filter(None, (submission.note, origin)), *(graded.notes if graded else ())]
    record = {
        "version": VERSION,
        "student": submission.student,
        "assignment": assignment.name,
        "release": assignment.version,
        "status": status,
        "score": None if status == ERROR else plain_decimal(total(scores)),
        "maximum": plain_decimal(maximum(scores)),
        "problem": problem,
        "notes": notes,
        "seed": facts.seed,
        "device": facts.device,
        "data": facts.data,
        "isolation": str(facts.isolation),
        "fingerprint": fingerprint,
        "questions": [_question_entry(score) for score in scores],
        "tests": [_test_entry(test, outcomes[test.name]) for test in facts.tests if test.name in outcomes],
    }
    cleaned: dict[str, Any] = _cleaned(record)
    return cleaned


def _question_entry(score: QuestionScore) -> dict[str, Any]:
    return {
        "name": score.name,
        "title": score.title,
        "score": plain_decimal(score.score),
        "maximum": plain_decimal(score.maximum),
    }


def _test_entry(test: TestInfo, outcome: TestOutcome) -> dict[str, Any]:
    entry = {
        "name": test.name,
        "title": test.title,
        "question": test.question,
        "points": plain_decimal(test.points),
        "hidden": test.hidden,
        "verdict": outcome.verdict,
        "message": outcome.message,
        "cause": outcome.cause,
        "output": outcome.output,
        "measured": {bar: list(values) for bar, values in outcome.measured.items()},
    }
    if outcome.figures:
        entry["figures"] = list(outcome.figures)
    return entry


def _cleaned(value: Any) -> Any:
    """The same structure with all of its texts plain."""
    if isinstance(value, str):
        return plain_text(value, _TEXT)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value


def _status(submission: Submission, graded: Graded | None) -> tuple[str, str | None]:
    if graded is None:
        return NO_FILE, submission.problem
    if graded.error is not None:
        return ERROR, graded.error
    if graded.load_error is not None:
        return NOT_LOADED, graded.load_error
    return GRADED, None


def to_json(record: Mapping[str, Any]) -> str:
    """A record as its file holds it."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def summary_of(submission: Submission, record: Mapping[str, Any]) -> Summary:
    """The row that tables show of a record that was just made."""
    score = record["score"]
    return Summary(
        slug=submission.slug,
        student=record["student"],
        identity=submission.identity,
        attempt=submission.attempt,
        submitted=submission.submitted,
        marked_late=submission.marked_late,
        status=record["status"],
        problem=record["problem"],
        score=None if score is None else Decimal(score),
        maximum=Decimal(record["maximum"]),
        questions=tuple(
            QuestionPoints(part["name"], part["title"], Decimal(part["score"]), Decimal(part["maximum"]))
            for part in record["questions"]
        ),
        reused=False,
    )


def scores_csv(summaries: Sequence[Summary]) -> str:
    """One row a submission: name, score, maximum, each question, status. A score that is not known is empty.

    Where several attempts of a student count, a column says which one a row is. Texts are quoted, so that a
    spreadsheet which splits at semicolons or tabs makes no cell out of a part of a name.
    """
    questions = [question.name for question in summaries[0].questions] if summaries else []
    several = len({summary.person for summary in summaries}) < len(summaries)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(["student", *(["attempt"] if several else []), "score", "maximum", *questions, "status"])
    for summary in summaries:
        points = [None if summary.score is None else question.score for question in summary.questions]
        attempt = [summary.attempt] if several else []
        name = csv_cell(summary.student)
        writer.writerow([name, *attempt, summary.score, summary.maximum, *points, summary.status])
    return stream.getvalue()


def csv_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: some skip leading spaces, some read full-width signs as plain."""
    start = unicodedata.normalize("NFKC", text).lstrip()[:1]
    return f"'{text}" if start in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file or nothing: readers, and a killed run, never see half of one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
