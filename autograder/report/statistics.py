"""What tests and questions say about a class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.report.gather import ClassData, Row, TestColumn

# A test that most pass, or most fail, can't tell much apart; below the other number it does not tell who is good.
_EXTREME, _WEAK = 0.05, 0.1


@dataclass(frozen=True)
class QuestionRow:
    """How a class did at a question.

    Attributes:
        number: counted from 1, as columns are headed.
        full: share of submissions with all of its points.
        mean: points on average.
    """

    number: int
    name: str
    title: str
    maximum: Decimal
    full: float
    mean: float

    @property
    def share(self) -> float:
        """The mean as a share of the points."""
        return self.mean / float(self.maximum) if self.maximum else 0.0


@dataclass(frozen=True)
class TestRow:
    """How a class did at a test.

    Attributes:
        passed: share of submissions that passed it.
        discrimination: point-biserial correlation with the points of all other tests; None where it has no meaning:
            all passed, all failed, or all others are equal.
        remark: "" or what is odd about it.
    """

    __test__ = False

    column: TestColumn
    passed: float
    discrimination: float | None
    remark: str


def question_rows(data: ClassData) -> list[QuestionRow]:
    """The questions in their order, over the submissions that were graded."""
    rows = []
    for i, question in enumerate(data.questions):
        parts = [row.summary.questions[i] for row in data.graded]
        full = sum(part.score == part.maximum for part in parts) / max(1, len(parts))
        mean = float(sum((part.score for part in parts), Decimal(0))) / max(1, len(parts))
        rows.append(QuestionRow(i + 1, question.name, question.title, question.maximum, full, mean))
    return rows


def test_rows(data: ClassData) -> list[TestRow]:
    """The tests in their order, over the submissions that were graded."""
    totals = [_points(row, data.tests) for row in data.graded]
    rows = []
    for i, column in enumerate(data.tests):
        passed = [row.passed(i) for row in data.graded]
        rest = [total - float(column.points) * hit for total, hit in zip(totals, passed, strict=True)]
        share = sum(passed) / max(1, len(passed))
        discrimination = point_biserial(passed, rest)
        rows.append(TestRow(column, share, discrimination, _remark(share, discrimination)))
    return rows


test_rows.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it where it is imported


def point_biserial(passed: Sequence[bool], points: Sequence[float]) -> float | None:
    """The correlation of passing a test with points; None where either does not vary."""
    count = len(passed)
    hits = [value for value, hit in zip(points, passed, strict=True) if hit]
    if not 0 < len(hits) < count:
        return None
    mean = math.fsum(points) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in points) / count)
    if spread <= 1e-12 * max(1.0, abs(mean)):
        return None
    share = len(hits) / count
    mean_hit = math.fsum(hits) / len(hits)
    mean_miss = (math.fsum(points) - math.fsum(hits)) / (count - len(hits))
    return (mean_hit - mean_miss) / spread * math.sqrt(share * (1 - share))


def _points(row: Row, tests: Sequence[TestColumn]) -> float:
    return math.fsum(float(test.points) for i, test in enumerate(tests) if row.passed(i))


def _remark(share: float, discrimination: float | None) -> str:
    if discrimination is None:
        return {0.0: "nobody passed"}.get(share, "")
    if discrimination < 0:
        return "better students fail it"
    return "tells little apart" if discrimination < _WEAK and _EXTREME < share < 1 - _EXTREME else ""
