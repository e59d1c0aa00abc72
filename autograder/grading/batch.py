"""One batch: every submission goes in, a result of each comes out, in the gradebook and on disk as it finishes.

Promises: what is finished is kept, whole, whatever happens to the batch, and is not graded again while submission,
assignment, engine and settings stay the same; what is not finished never counts. Nothing of an earlier run stays mixed
in with this one's files. The same submissions, seed and device give the same bytes in scores.csv, results/ and
feedback/, whatever ``jobs`` is and in whatever order submissions finish. Memory does not grow with the class but for a
row of the table each.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import autograder
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.errors import ClusterError, InfrastructureError, IntakeError
from autograder.gradebook.diff import Move, changed_scores
from autograder.gradebook.locate import NAME
from autograder.gradebook.model import COMPLETE, INTERRUPTED, Summary
from autograder.gradebook.store import Gradebook
from autograder.gradebook.writer import Earlier, Files, GradebookWriter, NewEntry, NewResult, NewRun, content_hash
from autograder.grading.facts import Facts, facts_key
from autograder.grading.fingerprint import (
    batch_fingerprint,
    setting_parts,
    source_parts,
    submission_fingerprint,
)
from autograder.grading.origin import origin_note
from autograder.grading.output import OutputFolder
from autograder.grading.results import (
    ERROR,
    make_record,
    summary_of,
    to_json,
)
from autograder.grading.steady import steady
from autograder.intake.model import Intake, Submission
from autograder.intake.regular import read_regular

Record = dict[str, Any]

# A fresh seed can't be guessed before the run: nobody tries 2^53 seeds in the minutes that a submission has. More bits
# would be rounded by readers of JSON that hold numbers as float64, and the run could not be repeated.
_SEED_BITS = 53


@dataclass(frozen=True)
class Options:
    """What the grader chose.

    Attributes:
        out: folder for scores.csv, results/, feedback/ and run.json.
        seed: of everything that is drawn. None: that of the assignment's last run in the gradebook, or else a fresh
            one, which nobody can know before the run.
        accept_less: grade also where a required layer of isolation is missing.
        without: layers of isolation that are left out (to measure what they cost).
        data: data set to train on; None: the first of the assignment's that is here.
        force: grade everything again, with a fresh seed unless one is given.
        gradebook: the file; None: ``gradebook.sqlite`` in ``out``.
        where: which machines grade, "" for this one.
    """

    out: Path
    jobs: int = 1
    device: str = "auto"
    seed: int | None = 0
    skip_questions: tuple[str, ...] = ()
    force: bool = False
    measure_memory: bool = False
    accept_less: bool = False
    without: tuple[str, ...] = ()
    data: str | None = None
    gradebook: Path | None = None
    where: str = ""

    @property
    def gradebook_file(self) -> Path:
        """Where the gradebook is."""
        return self.gradebook if self.gradebook is not None else self.out / NAME


@dataclass(frozen=True)
class Report:
    """What a batch came to.

    Attributes:
        gradebook, run: where it is kept; run is 0 when it was stopped before it began.
        summaries: one a submission that is done, in the order of the intake.
        complete: all are done; False after Ctrl-C.
        reused: how many were kept from an earlier run.
        reasons: why the others were graded: reason and count.
        changed: whose score is another one than the last that they had.
        seconds: wall clock of the whole batch.
        seed: what repeats this run.
    """

    gradebook: Path
    run: int
    summaries: tuple[Summary, ...]
    complete: bool
    reused: int
    seconds: float
    device: str
    isolation: str
    seed: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    changed: tuple[Move, ...] = ()

    @property
    def errors(self) -> tuple[Summary, ...]:
        """Submissions at which the grader broke."""
        return tuple(summary for summary in self.summaries if summary.status == ERROR)

    def records(self) -> Iterator[Record]:
        """The records, read from the gradebook one at a time, in the order of the intake."""
        if self.run:
            with Gradebook.open(self.gradebook) as book:
                for entry in book.entries(self.run):
                    yield dict(entry.record)


@dataclass(frozen=True)
class _Plan:
    """What is to be done: everybody, with a result that is kept or the reason to grade.

    Attributes:
        facts: what it is graded with.
        parts, batch: what results depend on beside the submission, and its hash.
    """

    facts: Facts
    parts: Mapping[str, str]
    batch: str
    entries: tuple[NewEntry, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many are graded for each reason, the most frequent first."""
        return dict(Counter(entry.reason for entry in self.entries if entry.reason).most_common())

    @property
    def reused(self) -> int:
        """How many are kept."""
        return sum(entry.result is not None for entry in self.entries)

    @property
    def needs_engine(self) -> bool:
        """Whether there is a submission to run."""
        return any(entry.result is None and entry.submission.problem is None for entry in self.entries)


@dataclass(frozen=True)
class _Pending:
    """A submission that is being graded.

    Attributes:
        origin: a remark on the release that it was made from, or None.
    """

    submission: Submission
    files: Files
    origin: str | None


class Batch:
    """Grades an intake into a folder.

    Args:
        engine: makes what grades; None: ``core.engine.Engine``.
        on_start: called with the facts of the engine, and how many are graded for which reason.
        on_summary: called with each row of the table as it is done.
        on_graded: called with what the engine measured of each.
    """

    def __init__(
        self,
        assignment: Assignment,
        intake: Intake,
        options: Options,
        *,
        engine: Callable[..., Engine] | None = None,
        on_start: Callable[[Facts, Mapping[str, int]], None] = lambda *_: None,
        on_summary: Callable[[Summary], None] = lambda _: None,
        on_graded: Callable[[Graded], None] = lambda _: None,
    ):
        self._assignment = assignment
        self._intake = intake
        self._options = options
        self._engine = engine if engine is not None else Engine
        self._on_start = on_start
        self._on_summary = on_summary
        self._on_graded = on_graded
        self._pending: dict[str, _Pending] = {}
        self._run = 0
        self._started = time.monotonic()

    def run(self) -> Report:
        """Grade everything; Ctrl-C ends it early with what is done.

        Raises:
            GradebookError: the gradebook can't be used, or not any more.
            InfrastructureError, ClusterError: the machinery broke; what was done by then is kept and in the tables.
        """
        self._output = OutputFolder(self._options.out, self._assignment)
        with GradebookWriter.open(self._options.gradebook_file) as self._book:
            self._seed = self._chosen_seed()
            self._parts = source_parts(self._assignment)
            self._facts_key = self._key_of_facts()
            self._plan = self._first_plan()
            try:
                self._grade()
            except KeyboardInterrupt:
                return self._close(complete=False)
            except BaseException as error:
                self._close_broken(error)
                raise
            return self._close(complete=True)

    # --- what is to be done ---------------------------------------------------------------------------------------

    def _chosen_seed(self) -> int:
        """The seed of this run: chosen, that of the last run, or fresh."""
        if self._options.seed is not None:
            return self._options.seed
        last = None if self._options.force else self._book.last_seed(self._assignment.name)
        return secrets.randbits(_SEED_BITS) if last is None else last

    def _key_of_facts(self) -> str:
        options = self._options
        asked = (options.device, options.data, options.accept_less, options.without, options.where)
        return facts_key((*asked, sorted(options.skip_questions)), self._parts, options.data)

    def _first_plan(self) -> _Plan | None:
        """What is to be done if the engine found what it found the last time; None where that is not known."""
        known = self._book.facts(self._facts_key)
        if known is None:
            return None
        return self._plan_for(Facts.from_json(known, seed=self._seed, jobs=self._options.jobs))

    def _plan_for(self, facts: Facts) -> _Plan:
        parts = {**self._parts, **setting_parts(facts, self._options.skip_questions)}
        batch = batch_fingerprint(parts)
        entries = tuple(self._entry(submission, parts, batch) for submission in self._intake.submissions)
        return _Plan(facts, parts, batch, entries)

    def _entry(self, submission: Submission, parts: Mapping[str, str], batch: str) -> NewEntry:
        submission, files = self._read(submission)
        if not self._options.force:
            result = self._book.find_result(submission_fingerprint(batch, submission, files))
            if result is not None:
                return NewEntry(submission, result, "")
        earlier = self._book.earlier(self._assignment.name, submission)
        return NewEntry(submission, None, self._reason(earlier, content_hash(files), parts))

    def _reason(self, earlier: Earlier | None, content: str, parts: Mapping[str, str]) -> str:
        if earlier is None:
            return "new"
        if earlier.status == ERROR:
            return "the grader broke before"
        if earlier.content != content:
            return "changed"
        if self._options.force:
            return "forced"
        different = [name for name in parts if parts[name] != earlier.parts.get(name)]
        return f"{' and '.join(different)} changed" if different else "changed"

    def _read(self, submission: Submission) -> tuple[Submission, Files]:
        """A submission with its files as they are graded; one that can't be read has a problem instead."""
        try:
            files = [(path.name, read_regular(path)) for path in submission.files]
        except IntakeError as error:
            return replace(submission, files=(), problem=str(error), note=None), ()
        if files:
            files[0] = (self._assignment.module + submission.files[0].suffix, files[0][1])
        return submission, files

    # --- grading --------------------------------------------------------------------------------------------------

    def _grade(self) -> None:
        if self._plan is not None and not self._plan.needs_engine:
            self._begin(self._plan)
            self._finish_without_file(self._plan)
            return
        options = self._options
        engine = self._engine(
            self._assignment,
            jobs=options.jobs,
            device=options.device,
            seed=self._seed,
            skip_questions=options.skip_questions,
            data=options.data,
            measure_memory=options.measure_memory,
            accept_less=options.accept_less,
            without=options.without,
        )
        with contextlib.ExitStack() as stack:
            scratch = stack.enter_context(scratch_folder("autograder-class-"))
            with _death_told():
                stack.enter_context(engine)
            facts = Facts.of(engine)
            if self._plan is None or setting_parts(facts, ()) != setting_parts(self._plan.facts, ()):
                self._plan = self._plan_for(facts)
            self._plan = replace(self._plan, facts=facts)
            self._begin(self._plan)
            self._finish_without_file(self._plan)
            for graded in _graded(engine, self._tasks(self._plan, scratch)):
                pending = self._pending.pop(graded.key)
                remove_tree(scratch / graded.key)
                self._on_graded(graded)
                self._finish(self._plan, pending, steady(graded))

    def _begin(self, plan: _Plan) -> None:
        """From here on there is a run, and the folder is its."""
        facts, assignment = plan.facts, self._assignment
        new = NewRun(
            assignment=assignment.name,
            release=assignment.version,
            seed=facts.seed,
            device=facts.device,
            data=facts.data,
            isolation=facts.isolation,
            jobs=facts.jobs,
            engine=autograder.__version__,
            versions=facts.versions,
            submissions=len(plan.entries),
            left_out=self._intake.left_out,
            parts=plan.parts,
            facts_key=self._facts_key,
            facts=facts.to_json(),
        )
        self._run = self._book.begin(new, plan.entries)
        kept = {entry.submission.slug: entry.result for entry in plan.entries if entry.result is not None}
        self._output.prepare(self._versions(plan), kept, self._book.text_of)
        self._on_start(facts, plan.reasons)

    def _finish_without_file(self, plan: _Plan) -> None:
        for entry in plan.entries:
            if entry.result is None and entry.submission.problem is not None:
                self._finish(plan, _Pending(entry.submission, (), None), None)

    def _tasks(self, plan: _Plan, scratch: Path) -> Iterator[Task]:
        """Private copies of what is to be graded, made when a worker is about to be free for it."""
        for number, entry in enumerate(plan.entries):
            if entry.result is not None or entry.submission.problem is not None:
                continue
            submission, files = self._read(entry.submission)
            if submission.problem is not None:  # gone, or another thing, since it was found
                self._finish(plan, _Pending(submission, (), None), None)
                continue
            key = f"{number:05d}"
            folder = scratch / key
            folder.mkdir(mode=0o700)
            for name, data in reversed(files):  # the graded file last: no helper may take its name
                (folder / name).write_bytes(data)
            self._pending[key] = _Pending(submission, files, origin_note(self._assignment, files[0][1]))
            yield Task(key, folder, files[0][0])

    def _finish(self, plan: _Plan, pending: _Pending, graded: Graded | None) -> None:
        """Keep a result: first in the gradebook, which decides what is done, then as files."""
        submission = pending.submission
        fingerprint = submission_fingerprint(plan.batch, submission, pending.files)
        record = make_record(self._assignment, plan.facts, submission, graded, fingerprint, origin=pending.origin)
        summary, text = summary_of(submission, record), to_json(record)
        seconds = {} if graded is None else graded.seconds
        self._book.add(self._run, submission.slug, _result(summary, record, text, pending.files, seconds))
        self._output.write(submission.slug, record, text)
        self._on_summary(summary)

    # --- the end --------------------------------------------------------------------------------------------------

    def _close(self, *, complete: bool) -> Report:
        """Write what is made of all results; stopped before the run began, the folder stays what it was."""
        if not (self._run and self._plan):
            return Report(self._book.path, 0, (), complete, 0, self._elapsed(), "", "", self._seed)
        plan = self._plan
        self._book.end(self._run, COMPLETE if complete else INTERRUPTED)
        summaries = tuple(self._book.summaries(self._run))
        report = Report(
            self._book.path,
            self._run,
            summaries,
            complete,
            plan.reused,
            self._elapsed(),
            plan.facts.device,
            plan.facts.isolation,
            plan.facts.seed,
            plan.reasons,
            changed_scores(self._book, self._run),
        )
        self._output.close(summaries, self._run_facts(plan, report))
        return report

    def _close_broken(self, error: BaseException) -> None:
        """What is done stays and gets into the tables, as far as that is still possible.

        Raises:
            InfrastructureError, ClusterError: that error again, with what became of the batch.
        """
        if not self._run:
            return
        with contextlib.suppress(Exception):
            report = self._close(complete=False)
            if isinstance(error, InfrastructureError | ClusterError):
                done = f"{len(report.summaries)} of {len(self._intake.submissions)} are graded and kept"
                error.args = (f"{error}; {done}: run it again to go on",)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _versions(self, plan: _Plan) -> dict[str, Any]:
        """What was graded by what."""
        return {
            "assignment": self._assignment.name,
            "release": self._assignment.version,
            "engine": autograder.__version__,
            "seed": plan.facts.seed,
        }

    def _run_facts(self, plan: _Plan, report: Report) -> Mapping[str, Any]:
        facts = plan.facts
        return {
            "state": COMPLETE if report.complete else INTERRUPTED,
            "run": report.run,
            **self._versions(plan),
            "submissions": len(self._intake.submissions),
            "done": len(report.summaries),
            "reused": report.reused,
            "reasons": dict(report.reasons),
            "errors": [summary.student for summary in report.errors],
            "left_out": list(self._intake.left_out),
            "device": facts.device,
            "data": facts.data,
            "jobs": facts.jobs,
            "isolation": facts.isolation,
            "versions": dict(facts.versions),
            "seconds": round(report.seconds, 3),
        }


def _result(
    summary: Summary, record: Mapping[str, Any], text: str, files: Files, seconds: Mapping[str, float]
) -> NewResult:
    return NewResult(
        fingerprint=record["fingerprint"],
        files=files,
        status=summary.status,
        problem=summary.problem,
        score=summary.score,
        maximum=summary.maximum,
        questions=summary.questions,
        verdicts=[(test["name"], test["verdict"], test["cause"]) for test in record["tests"]],
        seconds=seconds,
        text=text,
    )


def _graded(engine: Engine, tasks: Iterator[Task]) -> Iterator[Graded]:
    with _death_told():
        yield from engine.grade(tasks)


@contextlib.contextmanager
def _death_told() -> Iterator[None]:
    """A pipe that breaks means that the process at its other end was killed, which is to be said."""
    try:
        yield
    except (BrokenPipeError, ConnectionError):
        raise InfrastructureError("a process of the engine died and did not start again") from None
