"""The command ``autograder verify``: what an assignment claims of its own answers, put to the test.

The solution and every variant get full marks, every mutant fails exactly the tests that it names, every test is named
by a mutant, and the stub earns nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.core.assignment import Assignment, find_assignment, find_course
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.data import offline_choice
from autograder.errors import AssignmentError, InfrastructureError
from autograder.grading.cli import cores, positive
from autograder.release.stub import make_stub
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, compose

SOME_WRONG = 1


@dataclass(frozen=True)
class Answer:
    """A submission of ours.

    Attributes:
        name: how messages call it.
        source: its text.
        fails: the tests that it must fail; None: all of them.
    """

    name: str
    source: str
    fails: frozenset[str] | None = frozenset()


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``verify`` to the command line."""
    parser = subparsers.add_parser("verify", help="grade an assignment's solution, variants, mutants and stub")
    parser.add_argument("name", metavar="ASSIGNMENT", help="a folder in assignments/")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the drawn inputs (0)")
    parser.add_argument("--jobs", type=positive, default=cores(), metavar="N", help=f"at the same time ({cores()})")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    course = find_course(args.course or Path.cwd())
    assignment = find_assignment(course, args.name)
    answers = answers_of(course, assignment)
    wrong = list(broken_claims(assignment, answers, seed=args.seed, jobs=args.jobs))
    for line in wrong:
        print(line)
    print(f"{assignment.title}: {len(answers)} answers graded, {len(wrong) or 'no'} broken claims")
    return SOME_WRONG if wrong else 0


def answers_of(course: Path, assignment: Assignment) -> list[Answer]:
    """The solution, its variants and mutants, and the stub.

    Raises:
        AssignmentError: there is no solution, or a variant or mutant is not as it must be.
        MarkerError: the solution's markers are not as they must be.
    """
    path = solution_path(course, assignment)
    if not path.is_file():
        raise AssignmentError(f"{path}: not found; this is the reference solution")
    solution = path.read_text(encoding="utf-8")
    answers = [Answer("solution", compose(solution, "")), Answer("stub", make_stub(solution, path), None)]
    for kind in ("variants", "mutants"):
        for fragment in sorted(path.parent.glob(f"{kind}/*.py")):
            answers.append(_answer(fragment, solution, mutant=kind == "mutants"))
    return answers


def _answer(path: Path, solution: str, *, mutant: bool) -> Answer:
    text = path.read_text(encoding="utf-8")
    try:
        fails = frozenset(caught_by(text)) if mutant else frozenset()
        return Answer(f"{path.parent.name}/{path.stem}", compose(solution, text), fails)
    except AssignmentError as error:
        raise AssignmentError(f"{path}: {error}") from None


def broken_claims(assignment: Assignment, answers: list[Answer], *, seed: int = 0, jobs: int = 1) -> Iterator[str]:
    """A line for each claim that does not hold.

    Raises:
        InfrastructureError: an answer could not be graded.
    """
    data = offline_choice(assignment.data)
    # The answers are ours, so they are graded on any machine, under what isolation there is.
    engine = Engine(assignment, jobs=jobs, device="cpu", seed=seed, data=data, accept_less=True)
    with tempfile.TemporaryDirectory() as scratch, engine:
        tests = frozenset(test.name for test in engine.tests)
        by_name = {answer.name: answer for answer in answers}
        for graded in engine.grade(_tasks(assignment, by_name, Path(scratch))):
            yield from _broken(by_name[graded.key], graded, tests)
    named = frozenset(name for answer in answers if answer.fails for name in answer.fails)
    yield from (f"tests: no mutant names {name}, so nothing shows that it can fail" for name in sorted(tests - named))


def _tasks(assignment: Assignment, answers: Mapping[str, Answer], scratch: Path) -> Iterator[Task]:
    for number, answer in enumerate(answers.values()):
        folder = scratch / str(number)
        folder.mkdir()
        file = f"{assignment.module}.py"
        (folder / file).write_text(answer.source, encoding="utf-8")
        yield Task(answer.name, folder, file)


def _broken(answer: Answer, graded: Graded, tests: frozenset[str]) -> Iterator[str]:
    if graded.error is not None:
        raise InfrastructureError(f"{answer.name}: {graded.error}")
    failed = {outcome.name: outcome.message for outcome in graded.outcomes if outcome.verdict != "passed"}
    expected = tests if answer.fails is None else answer.fails
    for name in sorted(expected - failed.keys()):
        yield f"{answer.name}: passes {name}" if name in tests else f"{answer.name}: there is no test {name}"
    for name in sorted(failed.keys() - expected):
        yield f"{answer.name}: fails {name}: {failed[name].splitlines()[0] if failed[name] else ''}"
