"""From verdicts to scores: exact decimals, per question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.core.assignment import Assignment
from autograder.core.outcome import TestInfo


@dataclass(frozen=True)
class QuestionScore:
    """Points of one question: what was earned, of how many."""

    name: str
    title: str
    score: Decimal
    maximum: Decimal


def score_questions(
    assignment: Assignment, tests: Sequence[TestInfo], passed: frozenset[str]
) -> tuple[QuestionScore, ...]:
    """Scores of the questions that have tests, in the order of assignment.toml.

    Args:
        passed: names of the tests that the submission passed; a test that gave no verdict is not among them.
    """
    scores = []
    for question in assignment.questions:
        own = [test for test in tests if test.question == question.name]
        if not own:
            continue
        maximum = sum((test.points for test in own), Decimal(0))
        earned = sum((test.points for test in own if test.name in passed), Decimal(0))
        if question.all_or_nothing and earned < maximum:
            earned = Decimal(0)
        scores.append(QuestionScore(question.name, question.title, earned, maximum))
    return tuple(scores)


def total(scores: Sequence[QuestionScore]) -> Decimal:
    """Points earned in all questions."""
    return sum((score.score for score in scores), Decimal(0))


def maximum(scores: Sequence[QuestionScore]) -> Decimal:
    """Points that could be earned in all questions."""
    return sum((score.maximum for score in scores), Decimal(0))
