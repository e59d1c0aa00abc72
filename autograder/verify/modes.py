"""The same verdict everywhere: the ways in which an answer can be run, and where they disagree.

- ``sandbox``: ``autograder grade`` of a class in which every answer is somebody's ``.py``.
- ``local``: a student's pytest, in process.
- ``notebook``: the released notebook with the answer in its cells, by ``autograder grade`` and by a student's pytest. A
  test on which the two disagree has the verdict "error".
- ``otter``, ``gradescope``: the bundles for these systems, started as they start them.

Tests that train models run where their verdict does not depend on training (the stub), and for the solution; for all
answers only on request. A bundle runs all of its tests and takes seconds for each answer, so that a choice of answers
goes through bundles, unless all are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task, TestInfo
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.data import offline_choice
from autograder.grading.batch import Batch, Options
from autograder.grading.results import NOT_LOADED
from autograder.intake.folder import find_submissions
from autograder.release.otter import read_tests
from autograder.verify.agreement import BUNDLES, EVERYWHERE, disagreements, is_on_purpose
from autograder.verify.answers import answers_of
from autograder.verify.bundles import Bundle
from autograder.verify.facts import Answer, Mode, Result, Seen
from autograder.verify.local_run import Job, LocalRun
from autograder.verify.notebooks import Notebooks

__all__ = ["EVERYWHERE", "choice", "disagreements", "run"]

_CLASS = 16  # answers that are graded together, before their results come out


class Watcher(Protocol):
    """Who is told how much there is to do."""

    def expect(self, missing: int, known: int) -> None:
        """So many gradings are to be done now; so many more are known from before."""


def run(
    course: Path,
    assignment: Assignment,
    answers: Sequence[Answer],
    mode: Mode,
    seed: int,
    watcher: Watcher,
    *,
    jobs: int = 1,
    whole: bool = False,
    training: bool = True,
) -> Iterator[Result]:
    """Run answers in a mode; yields in order of completion.

    Args:
        seed: of the drawn inputs. Bundles choose their own: messages of failures name it.
        jobs: answers at a time.
        whole: all answers by all tests, also where that takes long.
        training: False: tests that train run for no one, but in bundles, which leave nothing out.

    Raises:
        AssignmentError: the assignment can't be run in this way.
        InfrastructureError: the machinery broke.
    """
    if mode in BUNDLES and not whole:
        few = {answer.name for answer in choice(answers_of(course, assignment), read_tests(assignment))}
        answers = [answer for answer in answers if answer.name in few]
    watcher.expect(len(answers), 0)
    if not answers:
        return
    if mode in BUNDLES:
        with Bundle(course, assignment, mode, jobs=jobs) as bundle:
            yield from bundle.run(answers, seed)
        return
    with _Desk(course, assignment, mode, seed, jobs) as desk:
        for tests, group in _groups(assignment, answers, whole=whole, training=training):
            yield from desk.run(group, tests)


def choice(answers: Sequence[Answer], tests: Sequence[TestInfo]) -> list[Answer]:
    """What goes through bundles: all that is right, the stub, and a mutant for each question, in their order."""
    questions = {test.name: test.question for test in tests}
    chosen = {answer.name for answer in answers if answer.right or answer.kind == "stub"}
    covered: set[str] = set()
    for answer in answers:
        new = {questions[test] for test in answer.fails if test in questions} - covered
        if answer.kind == "mutant" and new:
            chosen.add(answer.name)
            covered |= new
    return [answer for answer in answers if answer.name in chosen]


def _groups(
    assignment: Assignment, answers: Sequence[Answer], *, whole: bool, training: bool
) -> Iterator[tuple[tuple[str, ...], list[Answer]]]:
    """Answers with the tests that they run."""
    tests = read_tests(assignment)
    trained = {question.name for question in assignment.questions if question.training}
    every = tuple(test.name for test in tests)
    quick = tuple(test.name for test in tests if test.question not in trained)
    groups: dict[tuple[str, ...], list[Answer]] = {}
    for answer in answers:
        trains = training and (whole or answer.kind in ("solution", "stub"))
        groups.setdefault(every if trains else quick, []).append(answer)
    yield from ((names, group) for names, group in groups.items() if names)


class _Desk:
    """What runs answers in the modes that share a warm process; each is started when it is needed."""

    def __init__(self, course: Path, assignment: Assignment, mode: Mode, seed: int, jobs: int):
        self._assignment = assignment
        self._mode = mode
        self._seed = seed
        self._notebooks = Notebooks(course, assignment) if mode == "notebook" else None
        data = offline_choice(assignment.data)
        self._engine = Engine(assignment, jobs=jobs, device="cpu", seed=seed, data=data, accept_less=True)
        self._local = LocalRun(assignment, jobs=jobs, data=data)
        self._stack = ExitStack()

    def __enter__(self) -> _Desk:
        with ExitStack() as stack:
            self._scratch = stack.enter_context(scratch_folder("autograder-verify-"))
            if self._mode != "local":
                stack.enter_context(self._engine)
            if self._mode != "sandbox":
                stack.enter_context(self._local)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, answers: Sequence[Answer], tests: tuple[str, ...]) -> Iterator[Result]:
        """Answers by some tests, a class of them after the other."""
        for start in range(0, len(answers), _CLASS):
            group = answers[start : start + _CLASS]
            folder = self._scratch / "class"
            files = dict(self._written(folder, group))
            if self._mode == "local":
                yield from self._by_pytest(files, tests)
            elif self._mode == "sandbox":
                yield from self._by_grade(folder, group, tests)
            else:
                graded = {result.answer: result for result in self._by_grade(folder, group, tests)}
                for result in self._by_pytest(files, tests):
                    yield _together(graded[result.answer], result)
            remove_tree(folder)

    def _written(self, folder: Path, answers: Sequence[Answer]) -> Iterator[tuple[str, Path]]:
        """A class of answers, each in a folder that is named by its number; their files by name."""
        for number, answer in enumerate(answers):
            file = folder / f"{number:03}" / f"{self._assignment.module}{'.ipynb' if self._notebooks else '.py'}"
            file.parent.mkdir(parents=True)
            file.write_bytes(self._notebooks.filled(answer.source) if self._notebooks else answer.source.encode())
            yield answer.name, file

    def _by_pytest(self, files: Mapping[str, Path], tests: tuple[str, ...]) -> Iterator[Result]:
        return self._local.run(Job(name, file, self._seed, tests) for name, file in files.items())

    def _by_grade(self, folder: Path, answers: Sequence[Answer], tests: tuple[str, ...]) -> Iterator[Result]:
        """What ``autograder grade`` says of a class: its intake, its gradebook, its records."""
        with scratch_folder("autograder-verify-out-") as out:
            intake = find_submissions(folder, self._assignment.module)
            options = Options(out, seed=self._seed, device="cpu", accept_less=True)
            lent = cast(Engine, _Lent(self._engine, tests))
            report = Batch(self._assignment, intake, options, engine=lambda *_, **__: lent).run()
            if not report.complete:
                raise KeyboardInterrupt  # which a batch takes for the wish to end well
            for record in report.records():
                yield self._result(answers[int(record["student"])], record)

    def _result(self, answer: Answer, record: Mapping[str, Any]) -> Result:
        tests = {test["name"]: Seen(test["verdict"], test["message"], test["cause"]) for test in record["tests"]}
        load_error = record["problem"] if record["status"] == NOT_LOADED else None
        return Result(answer.name, self._seed, self._mode, tests, load_error)


class _Lent:
    """An engine for one batch, which ends it as far as it can see, and for which only some tests run."""

    def __init__(self, engine: Engine, tests: tuple[str, ...]):
        self._engine = engine
        self._tests = tests

    def __enter__(self) -> _Lent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        """As the engine's."""
        return self._engine.grade(replace(task, tests=self._tests) for task in tasks)


def _together(graded: Result, local: Result) -> Result:
    """A notebook's verdicts by ``autograder grade``; what pytest says otherwise makes an error."""
    tests = {name: _either(seen, local.tests[name]) for name, seen in graded.tests.items()}
    return replace(graded, tests=tests, cpu=local.cpu)


def _either(graded: Seen, local: Seen) -> Seen:
    if graded.verdict == local.verdict or is_on_purpose(graded, local):
        return graded
    words = f"{graded.verdict} by `autograder grade`, {local.verdict} by pytest: {graded.message or local.message}"
    return Seen("error", words)
