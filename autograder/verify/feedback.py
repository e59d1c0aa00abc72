"""What students would be told: whether messages lead to the wrong function, and whether diagnoses are right.

Judged on mutants, of which it is known where they are wrong and, as their files say, why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal

from autograder.core.outcome import TestInfo
from autograder.verify.facts import Answer, Finding, Seen, Verification

Diagnosed = Literal["right", "absent", "wrong", "undeclared"]
Named = Literal["message", "test", "other", "nothing"]
_SUBJECT = 5  # letters of a test's first word, from which on it may stand for a function that it is part of
_KINDS: tuple[Diagnosed, ...] = ("right", "absent", "wrong", "undeclared")


@dataclass(frozen=True)
class Pair:
    """A mutant and a test that it fails.

    Attributes:
        mutant, test, seed: which.
        cause: the diagnosis that was offered, if any.
        diagnosed: whether that is one of those that the mutant's file declares; "undeclared": it declares none.
        named: what leads to a function that is wrong, or that uses one which is: the message itself, else the name or
            the question of the test; "other": the message names only functions that are right.
    """

    mutant: str
    test: str
    seed: int
    cause: str | None
    diagnosed: Diagnosed
    named: Named


@dataclass(frozen=True)
class Rates:
    """All pairs, and how many are of which kind."""

    pairs: Sequence[Pair]

    def diagnosed(self, kind: Diagnosed) -> int:
        """How many pairs have a diagnosis of this kind."""
        return sum(pair.diagnosed == kind for pair in self.pairs)

    def named(self, *kinds: Named) -> int:
        """In how many pairs the function is named in one of these ways."""
        return sum(pair.named in kinds for pair in self.pairs)

    @cached_property
    def mutants(self) -> int:
        """How many mutants there are."""
        return len({pair.mutant for pair in self.pairs})

    @cached_property
    def mutants_led_to(self) -> int:
        """Of how many mutants at least one failure names the function."""
        return len({pair.mutant for pair in self.pairs if pair.named in ("message", "test")})

    @cached_property
    def mutants_told_why(self) -> int:
        """How many mutants get a right diagnosis by at least one test."""
        return len({pair.mutant for pair in self.pairs if pair.diagnosed == "right"})

    def text(self) -> str:
        """In a line."""
        counts = ", ".join(f"{self.diagnosed(kind)} {kind}" for kind in _KINDS)
        led = f"{self.mutants_led_to} of {self.mutants} mutants, {self.named('message', 'test')} of {len(self.pairs)}"
        return f"the function is named for {led} failures; diagnoses: {counts}"


def rates(verification: Verification) -> Rates:
    """What each mutant is told by each test that it fails, as far as tests ran in the sandbox."""
    answers = {answer.name: answer for answer in verification.answers if answer.kind == "mutant"}
    tests = {test.name: test for test in verification.tests}
    functions = _Functions(verification.answers)
    pairs = [
        _pair(answers[result.answer], tests[name], seen, result.seed, functions)
        for result in verification.results
        if result.answer in answers and result.mode == "sandbox" and result.load_error is None
        for name, seen in result.tests.items()
        if seen.verdict == "failed"
    ]
    return Rates(pairs)


def findings(verification: Verification) -> list[Finding]:
    """Diagnoses that are wrong, or of which the mutant's file says nothing; mutants that no message leads to."""
    pairs = rates(verification).pairs
    return [*_wrong_causes(pairs), *_astray(pairs)]


def is_declared(cause: str, causes: Collection[str]) -> bool:
    """Whether a diagnosis is one of those declared; in these a ``*`` stands for anything."""
    return any(fnmatchcase(cause, declared) for declared in causes)


def _pair(answer: Answer, test: TestInfo, seen: Seen, seed: int, functions: _Functions) -> Pair:
    named = functions.named(answer.changed, test, seen.message)
    return Pair(answer.name, test.name, seed, seen.cause, _diagnosed(answer, seen.cause), named)


def _diagnosed(answer: Answer, cause: str | None) -> Diagnosed:
    if cause is None:
        return "absent"
    if not answer.causes:
        return "undeclared"
    return "right" if is_declared(cause, answer.causes) else "wrong"


def _wrong_causes(pairs: Sequence[Pair]) -> Iterator[Finding]:
    offered: dict[tuple[str, Diagnosed], dict[str, set[str]]] = {}
    for pair in pairs:
        if pair.cause is not None and pair.diagnosed != "right":
            causes = offered.setdefault((pair.mutant, pair.diagnosed), {})
            causes.setdefault(pair.cause, set()).add(pair.test)
    for (mutant, diagnosed), causes in sorted(offered.items()):
        for cause, tests in sorted(causes.items()):
            text = f'told "{cause}" by {_some(tests)}'
            if diagnosed == "wrong":
                advice = "mend the test or its hint so that it says nothing; or, if it is right, add it to CAUSES"
                yield Finding("diagnosis", mutant, f"{text}, which it does not declare", advice)
            else:
                advice = f'if it is right, declare it: CAUSES = ("{cause}",)'
                yield Finding("diagnosis", mutant, text, advice, broken=False)


def _astray(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Mutants of which no failure at all names the function, nor one that uses it."""
    tests: dict[str, set[str]] = {}
    led = {pair.mutant for pair in pairs if pair.named in ("message", "test")}
    for pair in pairs:
        if pair.mutant not in led:
            tests.setdefault(pair.mutant, set()).add(pair.test)
    for mutant, names in sorted(tests.items()):
        text = f"no message leads to the function that is wrong: neither does {_some(names)}"
        yield Finding("message", mutant, text, "give the check a label that says what is judged", broken=False)


def _some(names: Collection[str]) -> str:
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first


class _Functions:
    """The solution's top-level definitions, and who uses whom.

    A mutant of a helper fails the tests of what uses the helper: their messages then name what a student sees fail.
    """

    def __init__(self, answers: Sequence[Answer]):
        source = next((answer.source for answer in answers if answer.kind == "solution"), "")
        bodies = {
            node.name: node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        self._uses = {name: _names_in(node) & bodies.keys() for name, node in bodies.items()}
        self._affected: dict[frozenset[str], frozenset[str]] = {}

    def named(self, changed: frozenset[str], test: TestInfo, message: str) -> Named:
        """What leads from a failure to a function that is affected."""
        affected = self._users_of(changed)
        words = _words(message)
        if words & affected:
            return "message"
        if any(_leads_to(test, name) for name in affected):
            return "test"
        return "other" if words & self._uses.keys() else "nothing"

    def _users_of(self, changed: frozenset[str]) -> frozenset[str]:
        """The functions, and all that use them."""
        if changed not in self._affected:
            found = set(changed)
            while more := {name for name, uses in self._uses.items() if name not in found and uses & found}:
                found |= more
            self._affected[changed] = frozenset(found)
        return self._affected[changed]


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _leads_to(test: TestInfo, function: str) -> bool:
    """Whether a test is plainly of a function.

    So are test_adam_… of Adam, what its title calls by name, and all of the question "linear" of linear_backward.
    """
    plain, subject = _plain(function), test.name.removeprefix("test_").partition("_")[0]
    return (
        plain in _plain(test.name)
        or function in _words(test.title)
        or _plain(test.question) in plain
        or (len(subject) >= _SUBJECT and subject in plain)
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d]\w*", text))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def share(part: int, whole: int) -> float:
    """A rate; 1 of nothing."""
    return part / whole if whole else 1.0
