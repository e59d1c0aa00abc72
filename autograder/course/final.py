"""From the attempts of a run to what counts: one attempt a student, with what late days take off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from autograder.core.decimals import plain_decimal
from autograder.course.late import LateRule
from autograder.course.settings import Attempts, Settings
from autograder.gradebook.model import Summary

_UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Final:
    """What counts for one student.

    Attributes:
        summary: the attempt that counts.
        days_late: 0: in time, or nothing is known of it.
        deduction: what late days took off.
        score: what is left, 0 or more; None where the grader broke.
        note: why something was taken off, or could not be; "" where nothing is to be said.
    """

    summary: Summary
    days_late: int
    deduction: Decimal
    score: Decimal | None
    note: str


def finals(
    summaries: Iterable[Summary], settings: Settings, assignment: str, *, attempts: Attempts | None = None
) -> tuple[Final, ...]:
    """What counts for each student, in the order in which they first appear.

    The best attempt is the one with the highest score after its deduction, and the earlier one of equals. An attempt
    at which the grader broke has no score: as the latest it leaves the student without one.

    Args:
        attempts: which of them count; None: as the course has it.
    """
    choice = attempts or settings.attempts
    persons: dict[str, list[Final]] = {}
    for summary in summaries:
        rule = settings.late_rule(assignment, summary.identity, summary.student)
        persons.setdefault(summary.person, []).append(_final(summary, rule))
    if choice == "all":
        return tuple(final for own in persons.values() for final in sorted(own, key=_order))
    pick = _best if choice == "best" else _latest
    return tuple(pick(sorted(own, key=_order)) for own in persons.values())


def _order(final: Final) -> tuple[int, datetime]:
    submitted = final.summary.submitted or _UNKNOWN
    return final.summary.attempt, submitted if submitted.tzinfo is not None else submitted.replace(tzinfo=UTC)


def _latest(own: Sequence[Final]) -> Final:
    return own[-1]


def _best(own: Sequence[Final]) -> Final:
    return max(own, key=lambda final: Decimal(-1) if final.score is None else final.score)


def _final(summary: Summary, rule: LateRule) -> Final:
    days = 0 if summary.submitted is None else rule.days_late(summary.submitted)
    if summary.score is None:
        return Final(summary, days, Decimal(0), None, "no score: the grader broke; grade again")
    deduction = rule.deduction(days, summary.score, summary.maximum)
    score = max(Decimal(0), summary.score - deduction)
    return Final(summary, days, deduction, score, _note(summary, rule, days))


def _note(summary: Summary, rule: LateRule, days: int) -> str:
    """Why something was taken off, or was not though it might have been."""
    if days:
        return _late_note(rule, days)
    if summary.marked_late and (summary.submitted is None or rule.due is None):
        missing = "when it came" if summary.submitted is None else "the due date"
        return f"marked late, but {missing} is not known: nothing is taken off"
    if summary.submitted is None and rule.due is not None:
        return "when it came is not known: nothing is taken off"
    return ""


def _late_note(rule: LateRule, days: int) -> str:
    assert rule.due is not None
    due = rule.due.astimezone(rule.zone)
    own = "the student's own due date was" if rule.extended else "due"
    lead = f"{days} day{'' if days == 1 else 's'} late ({own} {due.replace(tzinfo=None).isoformat(' ', 'minutes')})"
    policy = rule.policy
    if policy.max_days is not None and days > policy.max_days:
        return f"{lead}: more than {policy.max_days}, so it counts nothing"
    if not policy.per_day:
        return f"{lead}: nothing is taken off"
    of = "the maximum" if policy.of == "maximum" else "the score"
    return f"{lead}: {plain_decimal(min(policy.per_day * days, Decimal(100)))} % of {of} taken off"
