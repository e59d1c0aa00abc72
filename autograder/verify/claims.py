"""What follows from a verification: claims that do not hold, and remarks on how tests could tell more.

Right answers get full marks, the stub nothing, a mutant fails exactly the tests that it names, every test fails at some
mutant, and automatic mutants fail somewhere unless they are declared equivalent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from autograder.core.decimals import plain_decimal
from autograder.core.outcome import TestInfo
from autograder.core.text import one_line
from autograder.verify import feedback
from autograder.verify.agreement import disagreements
from autograder.verify.facts import Answer, Finding, Seen, Verification

_MESSAGE = 160  # characters of a test's message in a finding
_EVIDENCE = 2  # mutants from which something follows about how tests fall together
_SEEDS = 12  # named in a line


@dataclass(frozen=True)
class Record:
    """What is known of one answer in the sandbox.

    Attributes:
        tests: verdicts by test, each with its seed, in order of the seeds.
        load_error: why it could not be imported, if so.
    """

    answer: Answer
    tests: Mapping[str, Sequence[tuple[int, Seen]]]
    load_error: str | None

    def seeds(self, test: str, *, failed: bool) -> list[int]:
        """The seeds on which it failed a test, or passed it."""
        wanted = "failed" if failed else "passed"
        return [seed for seed, seen in self.tests.get(test, ()) if seen.verdict == wanted]

    def message(self, test: str) -> str:
        """The first line of what the test said first."""
        said = next((seen.message for _, seen in self.tests[test] if seen.message), "")
        return one_line(said.strip().partition("\n")[0], _MESSAGE)

    @cached_property
    def falls(self) -> frozenset[str]:
        """The tests that it fails, on whatever seed, and those that it names and did not meet."""
        fallen = {test for test in self.tests if self.seeds(test, failed=True)}
        return frozenset(fallen | (self.answer.fails - self.tests.keys()))


def findings_of(verification: Verification, all_or_nothing: Collection[str] = ()) -> list[Finding]:
    """All that follows, the gravest first.

    Args:
        all_or_nothing: the questions of which that is declared.
    """
    records = _records(verification)
    names = frozenset(test.name for test in verification.tests)
    found = list(_defects(records))
    found += [finding for record in records for finding in _of_answer(record, names)]
    found += _idle(verification, records)
    found += feedback.findings(verification)
    found += disagreements(verification)
    found += _twins(verification, records)
    found += _indivisible(verification, records, all_or_nothing)
    return sorted(found, key=lambda finding: not finding.broken)


def _records(verification: Verification) -> list[Record]:
    """One for each answer that was graded in the sandbox."""
    tests: dict[str, dict[str, list[tuple[int, Seen]]]] = defaultdict(lambda: defaultdict(list))
    errors: dict[str, str] = {}
    for result in sorted(verification.results, key=lambda result: result.seed):
        if result.mode == "sandbox":
            for name, seen in result.tests.items():
                tests[result.answer][name].append((result.seed, seen))
            if result.load_error is not None:
                errors[result.answer] = result.load_error
    graded = [answer for answer in verification.answers if answer.name in tests]
    return [Record(answer, tests[answer.name], errors.get(answer.name)) for answer in graded]


# ---------------------------------------------------------------------------------------------------------------------
# One answer
# ---------------------------------------------------------------------------------------------------------------------


def _of_answer(record: Record, names: frozenset[str]) -> Iterator[Finding]:
    answer = record.answer
    if record.load_error is not None and answer.kind != "automatic":
        text = f"can't be imported: {one_line(record.load_error, _MESSAGE)}"
        yield Finding("does not load", answer.name, text, "mend the file: tests that fail for this show nothing")
    elif answer.right:
        yield from _rejected(record)
    elif answer.kind == "stub":
        yield from _earned(record)
    elif answer.kind == "mutant":
        yield from _survived(record, names)
        yield from _unnamed(record)
    else:
        yield from _automatic(record)


def _rejected(record: Record) -> Iterator[Finding]:
    """Tests that a right answer fails."""
    kind = record.answer.kind
    for test in record.tests:
        seeds, others = record.seeds(test, failed=True), record.seeds(test, failed=False)
        if not seeds:
            continue
        if others:
            text = f"fails {test} on {_share(seeds, others)}: {record.message(test)}"
            advice = "what is right must pass on every seed: widen the tolerance, or draw inputs that spare it"
            yield Finding("flake", record.answer.name, text, advice)
            continue
        text = f"fails {test}: {record.message(test)}"
        if kind == "solution":
            advice = "mend the solution or the test"
        else:
            advice = "if it keeps to the handout, the test demands too much; else it is no variant"
        yield Finding("rejected", record.answer.name, text, advice)


def _earned(record: Record) -> Iterator[Finding]:
    for test in record.tests:
        if record.seeds(test, failed=False):
            advice = "have the test demand a result: as it is, it pays for nothing"
            yield Finding("stub earns", record.answer.name, f"passes {test}", advice)


def _survived(record: Record, names: frozenset[str]) -> Iterator[Finding]:
    """Tests that a mutant names and passes, or that are not there."""
    mutant = record.answer.name
    for test in sorted(record.answer.fails):
        if test not in names:
            yield Finding("no such test", mutant, f"names {test}, which is not there", "correct its CAUGHT_BY")
        elif passed := record.seeds(test, failed=False):
            if failed := record.seeds(test, failed=True):
                text = f"passes {test}, which it names, on {_share(passed, failed)}"
                advice = "it is caught by luck: have the test draw more, or other inputs"
                yield Finding("flake", mutant, text, advice)
            else:
                text = f"passes {test}, which it names"
                advice = "sharpen the test, or take it out of CAUGHT_BY if the mistake is none of its business"
                yield Finding("survivor", mutant, text, advice)


def _unnamed(record: Record) -> Iterator[Finding]:
    """Tests that a mutant fails without naming them."""
    for test in sorted(record.tests.keys() - record.answer.fails):
        if failed := record.seeds(test, failed=True):
            passed = record.seeds(test, failed=False)
            where = f" on {_share(failed, passed)}" if passed else ""
            text = f"fails {test}, which it does not name{where}: {record.message(test)}"
            advice = "add it to CAUGHT_BY; or, if the mistake should not cost that, have the test leave it alone"
            yield Finding("flake" if passed else "unnamed", record.answer.name, text, advice)


def _automatic(record: Record) -> Iterator[Finding]:
    answer, failed = record.answer, sorted(record.falls)
    if answer.equivalent and failed:
        text = f"is declared equivalent, but {failed[0]} tells it from the solution: {record.message(failed[0])}"
        yield Finding("not equivalent", answer.name, text, "delete the entry in equivalent.toml")
    elif not answer.equivalent and not failed:
        text = f"passes all {len(record.tests)} tests that it met"
        advice = "add a test that tells it from the solution, or declare it in equivalent.toml with the reason"
        yield Finding("survivor", answer.name, text, advice)


def _share(some: Sequence[int], others: Sequence[int]) -> str:
    shown = ", ".join(map(str, some[:_SEEDS])) + (", …" if len(some) > _SEEDS else "")
    return f"{len(some)} of {len(some) + len(others)} seeds ({shown})"


# ---------------------------------------------------------------------------------------------------------------------
# The tests together
# ---------------------------------------------------------------------------------------------------------------------


def _defects(records: Sequence[Record]) -> Iterator[Finding]:
    """Tests that broke, whatever they had to judge."""
    for test, broke in _broken_tests(records).items():
        others = f" and {len(broke) - 1} more" if len(broke) > 1 else ""
        text = f"broke on {broke[0].answer.name}{others}: {broke[0].message(test)}"
        yield Finding("defect", test, text, "mend the test: it must judge whatever comes back")


def _broken_tests(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The answers on which a test broke, by test."""
    broke: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        for test, seen in record.tests.items():
            if any(one.verdict == "error" for _, one in seen):
                broke[test].append(record)
    return broke


def _idle(verification: Verification, records: Sequence[Record]) -> Iterator[Finding]:
    """Tests that no mutant fails, or names and has not met: nothing shows that they can fail."""
    met = {record.answer.name for record in records}
    killed = {test for record in records if record.answer.kind == "mutant" for test in record.falls}
    for answer in verification.answers:
        if answer.kind == "mutant" and answer.name not in met:
            killed |= answer.fails
    defective = _broken_tests(records)
    for test in verification.tests:
        if test.name not in killed and test.name not in defective:
            text = "fails at no mutant, so nothing shows that it can"
            advice = "write a mutant with the mistake that the test is there for, and name the test in its CAUGHT_BY"
            yield Finding("idle test", test.name, text, advice)


def _twins(verification: Verification, records: Sequence[Record]) -> Iterator[Finding]:
    """Tests that fall at the same mutants, two or more: by what is known, one of them would do."""
    fallen = _fallen(verification.tests, records)
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for test, mutants in fallen.items():
        if len(mutants) >= _EVIDENCE:
            groups[mutants].append(test)
    for mutants, (first, *others) in groups.items():
        if others:
            text = f"falls together with {', '.join(others)}, at the same {len(mutants)} mutants"
            advice = "merge them, or add a mutant that only one of them catches"
            yield Finding("twins", first, text, advice, broken=False)


def _indivisible(
    verification: Verification, records: Sequence[Record], all_or_nothing: Collection[str]
) -> Iterator[Finding]:
    """Questions of several tests of which every mutant fails all or none."""
    fallen = _fallen(verification.tests, records)
    questions: dict[str, list[TestInfo]] = defaultdict(list)
    for test in verification.tests:
        questions[test.question].append(test)
    for question, tests in questions.items():
        sets = {fallen[test.name] for test in tests}
        lost = len(next(iter(sets)))
        if question in all_or_nothing or len(sets) != 1 or lost < _EVIDENCE:
            continue
        points = plain_decimal(sum((test.points for test in tests), Decimal(0)))
        text = f"its {points} points are earned whole or not at all: each of {lost} mutants loses them all"
        advice = "split what it asks for between tests, or declare `all_or_nothing = true`"
        yield Finding("indivisible", question, text, advice, broken=False)


def _fallen(tests: Sequence[TestInfo], records: Sequence[Record]) -> dict[str, frozenset[str]]:
    """The mutants that fall at each test."""
    wrong = [record for record in records if record.answer.kind in ("mutant", "automatic") and not record.load_error]
    return {test.name: frozenset(one.answer.name for one in wrong if test.name in one.falls) for test in tests}
