"""Counting a verification's answers by kind, for tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.verify.facts import Kind, Verification

_ORDER: tuple[Kind, ...] = ("solution", "stub", "variant", "mutant", "automatic")


@dataclass(frozen=True)
class Tally:
    """The answers of one kind.

    Attributes:
        answers: how many were graded in the sandbox, without those that are declared equivalent.
        as_claimed: of how many of them no claim is broken, and on which no test broke.
        killed: how many of them fail some test.
        equivalent: how many are declared equivalent.
        cpu: seconds of computing, in the sandbox.
    """

    kind: Kind
    answers: int
    as_claimed: int
    killed: int
    equivalent: int
    cpu: float

    @property
    def rate(self) -> float:
        """The share that is killed; 1 of none."""
        return self.killed / self.answers if self.answers else 1.0


def tallies(verification: Verification) -> Sequence[Tally]:
    """One for each kind of which an answer was graded."""
    results = [result for result in verification.results if result.mode == "sandbox"]
    graded = {result.answer for result in results}
    killed = {result.answer for result in results if result.failed}
    broken = {finding.who for finding in verification.findings if finding.broken}
    broken |= {result.answer for result in results if any(seen.verdict == "error" for seen in result.tests.values())}
    found = []
    for kind in _ORDER:
        every = {
            answer.name: answer for answer in verification.answers if answer.kind == kind and answer.name in graded
        }
        counted = {name for name, answer in every.items() if not answer.equivalent}
        if every:
            cpu = sum(result.cpu for result in results if result.answer in every)
            equivalent = len(every) - len(counted)
            found.append(Tally(kind, len(counted), len(counted - broken), len(counted & killed), equivalent, cpu))
    return found
