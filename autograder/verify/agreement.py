"""Where an answer's verdicts outside the sandbox are others than in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.verify.facts import Answer, Finding, Kind, Mode, Result, Seen, Verification
from autograder.verify.local_run import TAKEN_DOWN

BUNDLES: tuple[Mode, ...] = ("otter", "gradescope")
EVERYWHERE: tuple[Mode, ...] = ("local", "notebook", *BUNDLES)
# What only a clock, or a wall, ends: pytest on a student's machine has neither.
_ENDED = re.compile(
    r"did not finish within|instead of returning|was killed, most likely|crashed: the process ended|printed more than"
    r"|the time for the whole submission|it may use \d+ MiB|closed the connection to the grader"
)
_SHOWN = 3  # tests that a finding names
_ONE: tuple[Kind, ...] = ("solution", "stub")
_MANY: tuple[Kind, ...] = ("variant", "mutant")


def is_on_purpose(graded: Seen, local: Seen) -> bool:
    """Whether they differ since a submission was ended that a student's own pytest lets go on."""
    return graded.verdict == "failed" and local.verdict == "passed" and _ENDED.search(graded.message) is not None


@dataclass(frozen=True)
class _Difference:
    """One test of one answer: what the sandbox says, and what is said elsewhere."""

    mode: Mode
    test: str
    sandbox: Seen
    elsewhere: Seen

    @property
    def on_purpose(self) -> bool:
        """Whether it is no mistake."""
        same = self.sandbox.verdict == self.elsewhere.verdict  # it took pytest down
        return same or (self.mode not in BUNDLES and is_on_purpose(self.sandbox, self.elsewhere))


def disagreements(verification: Verification) -> list[Finding]:
    """Where an answer gets another verdict than in the sandbox, and, as remarks, how far this was looked at."""
    sandbox = _Reference(result for result in verification.results if result.mode == "sandbox")
    findings = []
    for mode in EVERYWHERE:
        results = [result for result in verification.results if result.mode == mode]
        found = [finding for result in results for finding in _differences(result, sandbox)]
        if results:
            findings += [*found, _summary(verification, mode, results, found, sandbox)]
    return findings


class _Reference:
    """Verdicts of the sandbox by answer and test: on the same seed, or else those that all seeds share."""

    def __init__(self, results: Iterable[Result]):
        self._same: dict[tuple[str, int, str], Seen] = {}
        self._any: dict[tuple[str, str], list[Seen]] = {}
        for result in results:
            for test, seen in result.tests.items():
                self._same[result.answer, result.seed, test] = seen
                self._any.setdefault((result.answer, test), []).append(seen)

    def find(self, result: Result, test: str) -> Seen | None:
        """What to compare a verdict with; None where there is nothing."""
        if result.mode not in BUNDLES and (same := self._same.get((result.answer, result.seed, test))) is not None:
            return same
        others = self._any.get((result.answer, test), [])
        return others[0] if len({seen.verdict for seen in others}) == 1 else None


def _differences(result: Result, sandbox: _Reference) -> Iterator[Finding]:
    compared = ((test, sandbox.find(result, test), seen) for test, seen in result.tests.items())
    all_of = [
        _Difference(result.mode, test, reference, seen)
        for test, reference, seen in compared
        if reference is not None and (reference.verdict != seen.verdict or TAKEN_DOWN in seen.message)
    ]
    if mistaken := [difference for difference in all_of if not difference.on_purpose]:
        yield Finding("disagreement", result.answer, _listed(result.mode, mistaken), _advice(result, mistaken))
    if meant := [difference for difference in all_of if difference.on_purpose]:
        advice = "nothing: what a grader ends runs on where nobody ends it, or ends pytest"
        yield Finding("differs on purpose", result.answer, _listed(result.mode, meant), advice, broken=False)


def _listed(mode: Mode, differences: Sequence[_Difference]) -> str:
    parts = [f"{each.test} {_said(each.elsewhere)}, {_said(each.sandbox)} in the sandbox" for each in differences]
    rest = f"; and {len(parts) - _SHOWN} more tests" if len(parts) > _SHOWN else ""
    return f"{mode}: {'; '.join(parts[:_SHOWN])}{rest}"


def _said(seen: Seen) -> str:
    """A verdict, and the first line of why not."""
    line = seen.message.strip().partition("\n")[0]
    return f"{seen.verdict} ({line})" if line else seen.verdict


def _advice(result: Result, differences: Sequence[_Difference]) -> str:
    if any(TAKEN_DOWN in difference.elsewhere.message for difference in differences):
        return "look for what ends the process, or never returns"
    if result.mode in BUNDLES:
        return "grade it on the bundle's seed: is it a flake, or is the bundle not of these tests?"
    return f"run it both ways on seed {result.seed}: what depends on the process, on files, on time?"


def _summary(
    verification: Verification, mode: Mode, results: Sequence[Result], found: Collection[Finding], sandbox: _Reference
) -> Finding:
    """How many answers this mode ran, of which kinds, and how many of them agree."""
    ran = {result.answer for result in results}
    wrong = len({finding.who for finding in found if finding.broken})
    compared = sum(sandbox.find(result, test) is not None for result in results for test in result.tests)
    counts = _counts(verification.answers, ran)
    text = f"{len(ran) - wrong} of {len(ran)} answers get the sandbox's verdicts, {compared} of them: {counts}"
    chosen = mode in BUNDLES and any(
        answer.kind == "mutant" and answer.name not in ran for answer in verification.answers
    )
    advice = "a bundle takes seconds for each answer, so a choice ran; for all of them: --everywhere=all"
    return Finding("everywhere", mode, text, advice if chosen else "nothing", broken=False)


def _counts(answers: Sequence[Answer], ran: Collection[str]) -> str:
    """In words: the solution, the stub, all 7 variants, 12 of 30 mutants."""
    total = Counter(answer.kind for answer in answers)
    done = Counter(answer.kind for answer in answers if answer.name in ran)
    many = (f"{_of(done[kind], total[kind])} {kind}{'s' * (total[kind] > 1)}" for kind in _MANY if done[kind])
    return ", ".join([*(f"the {kind}" for kind in _ONE if done[kind]), *many])


def _of(done: int, total: int) -> str:
    return f"{done} of {total}" if done < total else f"all {total}" if total > 1 else "the"
