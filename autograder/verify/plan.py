"""What is graded: which answer with which seed by which tests. Training costs a hundred times as much as all else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.verify.facts import Answer


@dataclass(frozen=True)
class Plan:
    """How much is asked for.

    Attributes:
        seeds: how many, one after the other from ``first`` on.
        trained: with how many of them models are trained; 0: tests that train are left out.
        flake: with how many seeds right answers meet the tests that don't train, if more than ``seeds``.
        automatic: automatic mutants too.
        everywhere: not only in the sandbox, but wherever students and graders run tests.
        whole: there too all answers by all tests, which takes hours.
        every_test: wrong answers meet also those tests that their change can't reach, and train though others
            catch them.
        only: patterns of the answers to grade; none: all.
        jobs: answers graded at the same time.
    """

    seeds: int = 1
    first: int = 0
    trained: int = 1
    flake: int = 0
    automatic: bool = False
    everywhere: bool = False
    whole: bool = False
    every_test: bool = False
    only: tuple[str, ...] = ()
    jobs: int = 1

    @property
    def least(self) -> bool:
        """One seed only: then a mutant does not train when other tests catch it, and no more than one catch needs."""
        return self.seeds == 1 and not self.every_test


@dataclass(frozen=True)
class TestSets:
    """An assignment's tests by what they cost.

    Attributes:
        names: all.
        training: those that train models.
        bars: of these, those that judge by a bar, which takes several trainings.
        recorded: of these, those whose bars a calibration supports: it has trained all that this is about.
        once: those that judge one training by such a bar, and measure it in the same way.
    """

    __test__ = False

    names: frozenset[str]
    training: frozenset[str] = frozenset()
    bars: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()

    @property
    def quick(self) -> frozenset[str]:
        """Those that don't train."""
        return self.names - self.training


@dataclass(frozen=True)
class Job:
    """An answer to be graded.

    Attributes:
        tests: the names of those that judge it.
    """

    answer: Answer
    seed: int
    tests: frozenset[str]


def first_jobs(plan: Plan, answers: Sequence[Answer], sets: TestSets) -> list[Job]:
    """Everything but what depends on outcomes."""
    jobs, shares = [], _shared_out(answers, sets)
    for number in range(max(plan.seeds, plan.flake)):
        for answer in answers:
            wanted = _wanted(plan, answer, sets, number, shares)
            if wanted:
                jobs.append(Job(answer, plan.first + number, wanted))
    return jobs


def further_rounds(plan: Plan, sets: TestSets) -> Iterator[frozenset[str]]:
    """The tests that automatic mutants meet if they survive all that came before, one set after the other.

    Training is for what nothing else can see, such as the training loop; several trainings for what one does not show.
    """
    if plan.trained:
        yield from (group for group in (sets.training - sets.bars, sets.bars) if group)


def _wanted(plan: Plan, answer: Answer, sets: TestSets, number: int, shares: Mapping[str, str]) -> frozenset[str]:
    """The tests for an answer with the seed of that number."""
    if answer.right:
        return _for_right(plan, answer, sets, number)
    if number >= plan.seeds or (answer.kind == "automatic" and number > 0):
        return frozenset()
    if answer.kind == "mutant":
        return _for_mutant(plan, answer, sets, number, shares)
    if answer.kind == "stub" and plan.trained:  # it trains nothing
        return sets.names
    return sets.quick


def _for_right(plan: Plan, answer: Answer, sets: TestSets, number: int) -> frozenset[str]:
    """All, but that a calibration records what reaches a bar: the solution alone trains for it, and once.

    In the least effort no other right answer trains for what one of those trainings shows, either.
    """
    if number >= min(plan.seeds, plan.trained):
        return sets.quick
    if number == 0 and answer.kind == "solution":
        return sets.names
    return sets.names - sets.recorded - (sets.once if plan.least else frozenset())


def _for_mutant(plan: Plan, answer: Answer, sets: TestSets, number: int, shares: Mapping[str, str]) -> frozenset[str]:
    """With training those that name a test that trains: the others train as the solution does.

    In the least effort a mutant trains only where nothing else catches it, for one of the tests that it names, and for
    a bar only where nothing but that does, or where no calibration says that the bar catches it. With more seeds bars
    are left to the calibration, which has tried as many.
    """
    named, trains = answer.fails & sets.names, number < plan.trained
    if not plan.least:
        wanted = sets.names - sets.recorded
        return wanted if trains and named & sets.training & wanted else sets.quick
    if named & (sets.bars - sets.recorded) and trains:
        return sets.names - (sets.recorded - named)
    if named - sets.training or not named:
        return sets.quick
    return sets.quick | {shares[answer.name]} if trains else frozenset()


def _shared_out(answers: Sequence[Answer], sets: TestSets) -> dict[str, str]:
    """For each mutant that only training catches one of the tests that it names, so that every test meets some."""
    named = {answer.name: answer.fails & sets.names for answer in answers if answer.kind == "mutant"}
    met: Counter[str] = Counter()
    shares = {}
    for name, tests in sorted(named.items(), key=lambda item: (len(item[1]), item[0])):
        if tests and tests <= sets.training:
            shares[name] = min(sorted(tests - sets.bars or tests), key=lambda test: met[test])
            met[shares[name]] += 1
    return shares
