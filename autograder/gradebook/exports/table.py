"""A table of the scores that count, with what was taken off and why: for people and their spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from autograder.core.decimals import plain_decimal
from autograder.course.final import Final

_BEFORE = ("student", "identity", "attempt", "submitted", "days late", "score", "deduction", "final", "maximum")


def scores_table(finals: Sequence[Final]) -> str:
    """One row for each score that counts. What is not known is empty; numbers are exact and unquoted, texts quoted."""
    questions = list(dict.fromkeys(question.name for final in finals for question in final.summary.questions))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([*_BEFORE, *(f"question {name}" for name in questions), "status", "note"])
    for final in finals:
        writer.writerow(_row(final, questions))
    return stream.getvalue()


def _row(final: Final, questions: Sequence[str]) -> list[str | int | _Number | None]:
    from autograder.grading.results import csv_cell

    summary = final.summary
    points = {question.name: question.score for question in summary.questions if summary.score is not None}
    return [
        csv_cell(summary.student),
        csv_cell(summary.identity),
        summary.attempt,
        _shown(summary.submitted),
        final.days_late,
        _number(summary.score),
        _number(final.deduction),
        _number(final.score),
        _number(summary.maximum),
        *(_number(points.get(name)) for name in questions),
        summary.status,
        csv_cell(final.note),
    ]


class _Number(Decimal):
    """A decimal that the writer of CSV takes for a number and shows without exponent or trailing zeros."""

    def __str__(self) -> str:
        return plain_decimal(self)


def _number(value: Decimal | None) -> _Number | None:
    return None if value is None else _Number(value)


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ", "seconds")
