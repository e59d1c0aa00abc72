"""Training submissions over many seeds, through the engine that grades: same judge, same worker, same limits."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import autograder
from autograder.calibration.journal import Journal
from autograder.calibration.machine import machine
from autograder.calibration.record import Entry, Setting, read_entries, rounded
from autograder.calibration.statistics import Numbers, Scores
from autograder.calibration.subjects import SIDES, Side, Subject, label
from autograder.core.assignment import Assignment, BarRule
from autograder.core.bars import data_key
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.errors import CalibrationError


@dataclass(frozen=True)
class Plan:
    """What to train, and how often.

    Attributes:
        seeds: how many, from 0 on.
        jobs: submissions trained at the same time.
        device: "auto", "cpu" or "cuda".
        data: the data set; None: the assignment's first that is here.
    """

    assignment: Assignment
    rule: BarRule
    subjects: Sequence[Subject]
    seeds: int
    jobs: int = 1
    device: str = "auto"
    data: str | None = None


@dataclass(frozen=True)
class Measured:
    """The numbers of a finished calibration.

    Attributes:
        journal: to discard once the numbers are recorded.
    """

    setting: Setting
    numbers: Numbers
    journal: Journal


class Watcher(Protocol):
    """Who is told how far it is."""

    def start(self, plan: Plan, setting: Setting, known: int) -> None:
        """The first engine is up; ``known`` of the measurements are there already."""

    def measured(self, seed: int) -> None:
        """One submission is done with one seed."""


def measure(plan: Plan, watcher: Watcher) -> Measured:
    """Train every submission with every seed, where the outcome is not already known.

    Raises:
        CalibrationError: the test does not measure what the ``[[bar]]`` says, or the grader broke.
        KeyboardInterrupt: what was measured is kept.
    """
    with _engine(plan, 0) as engine:
        setting = _setting(plan, engine)
        journal = _open_journal(plan, setting)
        left = sum(len(_missing(plan, journal, seed)) for seed in range(plan.seeds))
        watcher.start(replace(plan, jobs=engine.jobs), setting, plan.seeds * len(plan.subjects) - left)
        _train(plan, engine, journal, watcher)
    for seed in range(1, plan.seeds):
        if _missing(plan, journal, seed):
            with _engine(plan, seed) as engine:
                _train(plan, engine, journal, watcher)
    return Measured(setting, _collect(plan, journal), journal)


def _engine(plan: Plan, seed: int) -> Engine:
    # The submissions are ours, so they train on any machine, under what isolation there is.
    return Engine(
        plan.assignment,
        jobs=plan.jobs,
        device=plan.device,
        seed=seed,
        only_tests=[plan.rule.test],
        data=plan.data,
        accept_less=True,
    )


def _setting(plan: Plan, engine: Engine) -> Setting:
    data, on = data_key(engine.data), machine(engine.device)
    versions = {"autograder": autograder.__version__, **engine.versions}
    digest = hashlib.sha256()
    assignment, rule = plan.assignment, plan.rule
    settings = (assignment.autograd, assignment.limits, sorted(assignment.thresholds.items()))
    for part in (data, engine.device, on, sorted(versions.items()), rule.name, rule.test, rule.trials, settings):
        digest.update(repr(part).encode())
    for path in sorted([*assignment.folder.rglob("*.py"), *(Path(autograder.__file__).parent / "data").rglob("*.py")]):
        digest.update(path.read_bytes())
    return Setting(data, engine.device, versions, on, digest.hexdigest()[:16])


def _open_journal(plan: Plan, setting: Setting) -> Journal:
    """What is known already: from a run that was stopped, and from the record where nothing has changed since."""
    name = "-".join(part for part in (".calibration", plan.rule.name, setting.data, setting.device) if part)
    journal = Journal(plan.assignment.folder / f"{name}.jsonl", setting.fingerprint)
    for entry in read_entries(plan.assignment.folder):
        if entry.fingerprint == setting.fingerprint:
            _take_over(entry, journal)
    return journal


def _take_over(entry: Entry, journal: Journal) -> None:
    for side in SIDES:
        for name, series in entry.numbers[side].items():
            for seed, scores in enumerate(series):
                journal.know(entry.sources[side][name], seed, scores)


def _missing(plan: Plan, journal: Journal, seed: int) -> list[Subject]:
    return [subject for subject in plan.subjects if journal.find(subject.code, seed) is None]


def _train(plan: Plan, engine: Engine, journal: Journal, watcher: Watcher) -> None:
    """Train those that are missing with the engine's seed."""
    subjects = _missing(plan, journal, engine.seed)
    with tempfile.TemporaryDirectory(prefix="autograder-calibrate-") as scratch:
        for graded in engine.grade(_tasks(plan, subjects, Path(scratch))):
            subject = subjects[int(graded.key)]
            journal.add(subject.code, engine.seed, _scores(plan.rule, engine.seed, subject, graded))
            watcher.measured(engine.seed)


def _tasks(plan: Plan, subjects: Sequence[Subject], scratch: Path) -> Iterator[Task]:
    file = f"{plan.assignment.module}.py"
    for number, subject in enumerate(subjects):
        folder = scratch / str(number)
        folder.mkdir()
        (folder / file).write_text(subject.source, encoding="utf-8")
        yield Task(str(number), folder, file)


def _scores(rule: BarRule, seed: int, subject: Subject, graded: Graded) -> Scores:
    """The first look's numbers; None for each that a submission which broke did not give.

    Where there is no bar yet, the judge calls the test defective after it has measured; that is no error here.
    """
    outcome = next((outcome for outcome in graded.outcomes if outcome.name == rule.test), None)
    numbers = outcome.measured.get(rule.name, []) if outcome else []
    scores = [rounded(number) for number in numbers[: rule.trials]]
    if len(scores) < rule.trials and (outcome is None or outcome.verdict != "failed"):
        why = graded.error or f"{rule.test} measured {len(scores)} numbers"
        who = f"{label(subject.side, subject.name)}, seed {seed}"
        raise CalibrationError(f"{who}: not the {rule.trials} trainings of the bar {rule.name!r}: {why}")
    return (*scores, *[None] * (rule.trials - len(scores)))


def _collect(plan: Plan, journal: Journal) -> Numbers:
    numbers: dict[Side, dict[str, list[Scores]]] = {side: {} for side in SIDES}
    for subject in plan.subjects:
        found = [journal.find(subject.code, seed) for seed in range(plan.seeds)]
        numbers[subject.side][subject.name] = [scores for scores in found if scores is not None]
    return numbers
