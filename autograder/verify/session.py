"""Verifying one assignment: its answers are graded as far as the journal does not know them, and judged by claims."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from autograder.calibration.support import unsupported
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task, TestInfo
from autograder.core.scratch import scratch_folder
from autograder.data import offline_choice
from autograder.errors import CalibrationError, InfrastructureError
from autograder.release.student import solution_path
from autograder.verify.answers import answers_of, chosen
from autograder.verify.claims import findings_of
from autograder.verify.facts import Answer, Finding, Result, Seen, Verification
from autograder.verify.journal import Fingerprint, Journal, opened
from autograder.verify.plan import Job, Plan, TestSets, first_jobs, further_rounds
from autograder.verify.reach import Reach


class Watcher(Protocol):
    """Who is told how far it is."""

    def start(self, assignment: Assignment, answers: Sequence[Answer]) -> None:
        """These answers are to be graded."""

    def expect(self, missing: int, known: int) -> None:
        """So many gradings are to be done now; so many more are known from before."""

    def graded(self, result: Result) -> None:
        """One of them is done."""


StartEngine = Callable[[Assignment, Plan], AbstractContextManager[Engine]]


def start_engine(assignment: Assignment, plan: Plan) -> Engine:
    """An engine for our own answers, which are graded on any machine, under what isolation there is."""
    data = offline_choice(assignment.data)
    return Engine(assignment, jobs=plan.jobs, device="cpu", seed=plan.first, data=data, accept_less=True)


def verify(
    course: Path,
    assignment: Assignment,
    plan: Plan,
    watcher: Watcher,
    *,
    journal: Path | None = None,
    engine: StartEngine = start_engine,
) -> Verification:
    """Grade what the plan asks for, and say what follows.

    Args:
        journal: file that results are kept in, and found in; None: nothing is kept.
        engine: starts one; called when something is to be graded that the journal does not know.

    Raises:
        AssignmentError: the assignment or one of its answers is not as it must be.
        InfrastructureError: an answer could not be graded.
        KeyboardInterrupt: what was graded is in the journal.
    """
    started = time.monotonic()
    answers, findings = _all_answers(course, assignment, plan)
    watcher.start(assignment, chosen(answers, plan.only))
    fingerprint = Fingerprint(assignment, offline_choice(assignment.data) or "")
    with opened(journal, fingerprint) as kept, _Desk(assignment, plan, watcher, kept, engine) as desk:
        tests = desk.tests
        names = frozenset(test.name for test in tests)
        answers = [replace(one, fails=names) if one.kind == "stub" else one for one in answers]
        sets, reasons = _test_sets(course, assignment, tests)
        mine = chosen(answers, plan.only)
        results = _in_the_sandbox(plan, desk, mine, sets, answers[0].source)
        if plan.everywhere:
            results += _everywhere(course, plan, desk, mine)
        seconds = time.monotonic() - started if desk.graded else 0.0
    known = Verification(assignment.name, assignment.title, tests, sets.training, answers, results, seconds=seconds)
    whole = frozenset(question.name for question in assignment.questions if question.all_or_nothing)
    return replace(known, findings=[*findings_of(known, whole), *findings, *reasons])


def _all_answers(course: Path, assignment: Assignment, plan: Plan) -> tuple[list[Answer], list[Finding]]:
    """All there are, and what is wrong with the declarations of equivalent ones."""
    answers = answers_of(course, assignment)
    if not plan.automatic:
        return answers, []
    from autograder.verify.mutation import automatic_answers  # needs libcst, which nothing else here does

    automatic, findings = automatic_answers(solution_path(course, assignment))
    return [*answers, *automatic], findings


def _test_sets(course: Path, assignment: Assignment, tests: Sequence[TestInfo]) -> tuple[TestSets, list[Finding]]:
    """The tests by what they cost, and why bars do not follow from what was recorded."""
    training = _training(assignment, tests)
    bars = frozenset(rule.test for rule in assignment.bars) & training
    try:
        reasons = unsupported(assignment, course) if bars else []
    except CalibrationError as error:
        reasons = [str(error)]
    advice = f"run `autograder calibrate {assignment.name}`; until then models are trained here for what it would say"
    findings = [Finding("calibration", "the bar", reason, advice, broken=False) for reason in reasons]
    names = frozenset(test.name for test in tests)
    if reasons:
        return TestSets(names, training, bars), findings
    return TestSets(names, training, bars, bars, frozenset(rule.once for rule in assignment.bars) & training), findings


def _training(assignment: Assignment, tests: Sequence[TestInfo]) -> frozenset[str]:
    questions = {question.name for question in assignment.questions if question.training}
    return frozenset(test.name for test in tests if test.question in questions)


def _in_the_sandbox(plan: Plan, desk: _Desk, answers: Sequence[Answer], sets: TestSets, solution: str) -> list[Result]:
    """What becomes of the answers in a grader's hands."""
    reach = Reach(solution, desk.assignment.test_files())
    jobs = first_jobs(plan, answers, sets)
    if not plan.every_test:
        jobs = [narrowed for job in jobs if (narrowed := _narrowed(job, reach, plan)) is not None]
    desk.grade(jobs)
    for group in further_rounds(plan, sets):
        jobs = [replace(job, tests=job.tests | group) if desk.survives(job) else job for job in jobs]
        desk.grade([job for job in jobs if group <= job.tests and job.answer.kind == "automatic"])
    if not plan.trained:  # a test that was left out may be the one that tells
        jobs = [job for job in jobs if not (desk.survives(job) and _is_reached(job, reach, sets.training))]
    found = (desk.journal.find(job.answer, job.seed, "sandbox", job.tests) for job in jobs)
    return [result for result in found if result is not None]


def _is_reached(job: Job, reach: Reach, tests: frozenset[str]) -> bool:
    return any(map(reach.of(job.answer.source), tests))


def _narrowed(job: Job, reach: Reach, plan: Plan) -> Job | None:
    """Without the tests that can't tell a wrong answer from the solution.

    Who is out of reach of all of them is for tests that train, and left out without these.
    """
    if job.answer.kind not in ("mutant", "automatic"):
        return job
    can_tell = reach.of(job.answer.source)
    tests = frozenset(test for test in job.tests if test in job.answer.fails or can_tell(test))
    return replace(job, tests=tests) if tests else job if plan.trained else None


def _everywhere(course: Path, plan: Plan, desk: _Desk, answers: Sequence[Answer]) -> list[Result]:
    """What becomes of them wherever else tests are run."""
    from autograder.verify import modes  # needs what makes notebooks and bundles

    written = {answer.name: answer for answer in answers if answer.kind != "automatic"}
    journal, assignment, seed = desk.journal, desk.assignment, plan.first
    names = [test.name for test in desk.tests]
    results = []
    for mode in modes.EVERYWHERE:
        missing = [
            answer
            for answer in written.values()
            if journal.find(answer, seed, mode) is None or (plan.whole and journal.missing(answer, seed, mode, names))
        ]
        whole, jobs, trains = plan.whole, plan.jobs, plan.trained > 0
        running = modes.run(
            course, assignment, missing, mode, seed, desk.watcher, jobs=jobs, whole=whole, training=trains
        )
        for result in running:
            desk.keep(written[result.answer], result)
        found = (journal.find(answer, seed, mode) for answer in written.values())
        results += [result for result in found if result is not None]
    return results


class _Desk:
    """Where jobs come in and results go out; an engine is started when there is something to grade.

    Attributes:
        graded: how many answers were graded, and not found in the journal.
    """

    def __init__(self, assignment: Assignment, plan: Plan, watcher: Watcher, journal: Journal, start: StartEngine):
        self.assignment = assignment
        self.watcher = watcher
        self.journal = journal
        self.graded = 0
        self._plan = plan
        self._start = start
        self._stack = ExitStack()
        self._engine: Engine | None = None

    def __enter__(self) -> _Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def tests(self) -> tuple[TestInfo, ...]:
        """All of the assignment."""
        if not self.journal.tests:
            self.journal.note_tests(self._running().tests)
        return self.journal.tests

    def grade(self, jobs: Sequence[Job]) -> None:
        """See to it that the journal knows what becomes of each."""
        wanted = ((job, self.journal.missing(job.answer, job.seed, "sandbox", job.tests)) for job in jobs)
        missing = [replace(job, tests=tests) for job, tests in wanted if tests]
        self.watcher.expect(len(missing), len(jobs) - len(missing))
        if not missing:
            return
        mixed = _mixed(missing, _training(self.assignment, self.tests))
        with scratch_folder("autograder-verify-") as scratch:
            for graded in self._running().grade(_tasks(self.assignment, mixed, scratch)):
                job = mixed[int(graded.key)]
                self.keep(job.answer, _result(job, graded))

    def survives(self, job: Job) -> bool:
        """Whether an automatic mutant passes all tests that it has met, and may not."""
        if job.answer.kind != "automatic" or job.answer.equivalent:
            return False
        result = self.journal.find(job.answer, job.seed, "sandbox", job.tests)
        return result is not None and not result.failed

    def keep(self, answer: Answer, result: Result) -> None:
        """One more is graded."""
        self.graded += 1
        self.journal.add(answer, result)
        self.watcher.graded(result)

    def _running(self) -> Engine:
        if self._engine is None:
            self._engine = self._stack.enter_context(self._start(self.assignment, self._plan))
        return self._engine


def _mixed(jobs: Sequence[Job], training: frozenset[str]) -> list[Job]:
    """Those that train evenly among the others, so that the time left can be told from the time that was spent."""
    groups = [[job for job in jobs if bool(job.tests & training) is trains] for trains in (True, False)]
    placed = [((number + 0.5) / len(group), job) for group in groups for number, job in enumerate(group)]
    return [job for _, job in sorted(placed, key=lambda entry: entry[0])]


def _tasks(assignment: Assignment, jobs: Sequence[Job], scratch: Path) -> Iterator[Task]:
    file = f"{assignment.module}.py"
    for number, job in enumerate(jobs):
        folder = scratch / str(number)
        folder.mkdir()
        (folder / file).write_text(job.answer.source, encoding="utf-8")
        yield Task(str(number), folder, file, tuple(sorted(job.tests)), job.seed)


def _result(job: Job, graded: Graded) -> Result:
    """What became of a job.

    Raises:
        InfrastructureError: the grader broke, not a test.
    """
    if graded.error is not None and not graded.outcomes:
        raise InfrastructureError(f"{job.answer.name}: {graded.error}")
    tests = {outcome.name: Seen(outcome.verdict, outcome.message, outcome.cause) for outcome in graded.outcomes}
    cpu = graded.seconds.get("cpu", 0.0)
    return Result(job.answer.name, job.seed, "sandbox", tests, graded.load_error, cpu)
