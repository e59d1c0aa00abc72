"""What a verification knows: the answers that were graded, what became of each, and what follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from autograder.core.outcome import TestInfo, Verdict

Kind = Literal["solution", "variant", "mutant", "stub", "automatic"]
Mode = Literal["sandbox", "local", "notebook", "otter", "gradescope"]


@dataclass(frozen=True)
class Answer:
    """A submission of the course's own.

    Attributes:
        name: how tables and messages call it: "solution", "stub", "variants/einsum", "mutants/no_bias",
            or the change that made an automatic mutant.
        kind: what it is.
        source: its whole text.
        fails: the tests that a mutant's file names; all tests for the stub; none for what is right, or automatic.
        changed: names of the top-level definitions that differ from the solution's.
        causes: the diagnoses that a mutant's file says are right.
        diff: how an automatic mutant differs from the solution.
        equivalent: why an automatic mutant can't be told from the solution; "" for one that can.
    """

    name: str
    kind: Kind
    source: str
    fails: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()
    diff: str = ""
    equivalent: str = ""

    @property
    def right(self) -> bool:
        """Whether it earns full marks."""
        return self.kind in ("solution", "variant")

    @cached_property
    def code(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True)
class Seen:
    """One test's verdict on one answer.

    Attributes:
        verdict: as the engine gave it.
        message: why not; "" when passed.
        cause: the diagnosis, where one was offered.
    """

    verdict: Verdict
    message: str = ""
    cause: str | None = None


@dataclass(frozen=True)
class Result:
    """What became of an answer with one seed in one mode.

    Attributes:
        answer: its name.
        seed: of the drawn inputs.
        mode: how it was run.
        tests: by name; only those that ran.
        load_error: why it could not be imported, else None.
        cpu: seconds of computing, 0 where unknown.
    """

    answer: str
    seed: int
    mode: Mode
    tests: Mapping[str, Seen]
    load_error: str | None = None
    cpu: float = 0.0

    @cached_property
    def failed(self) -> frozenset[str]:
        """Tests that did not pass."""
        return frozenset(name for name, seen in self.tests.items() if seen.verdict != "passed")


@dataclass(frozen=True)
class Finding:
    """Something that staff should know of.

    Attributes:
        kind: in a word or two: "survivor", "rejected", "idle test", "twins", "flake", "diagnosis", …
        who: the answer or the test.
        text: what was seen, in one line.
        advice: what to do.
        broken: a claim does not hold, so the verification fails; else a remark.
    """

    kind: str
    who: str
    text: str
    advice: str
    broken: bool = True


@dataclass(frozen=True)
class Verification:
    """All that is known of one assignment.

    Attributes:
        name, title: of the assignment.
        tests: all of it has, in order.
        training: the names of those that train models.
        answers: in the order solution, stub, variants, mutants, automatic.
        results: of all modes and seeds.
        findings: what follows.
        seconds: wall clock of the run that produced it, 0 for one that found everything in its journal.
    """

    name: str
    title: str
    tests: Sequence[TestInfo]
    training: frozenset[str]
    answers: Sequence[Answer]
    results: Sequence[Result]
    findings: Sequence[Finding] = field(default=())
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether every claim does."""
        return not any(finding.broken for finding in self.findings)
