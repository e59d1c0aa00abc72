"""One batch: every submission goes in, a record of each comes out, written as it finishes.

Promises: what is finished is on disk, whole, whatever happens to the batch; nothing of an earlier run stays mixed in
with this one; the same submissions, seed and device give the same bytes in scores.csv, results/ and feedback/,
whatever ``jobs`` is and in whatever order submissions finish.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograder
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.errors import IntakeError
from autograder.grading.feedback import feedback_markdown
from autograder.grading.fingerprint import batch_fingerprint, submission_fingerprint
from autograder.grading.origin import origin_note
from autograder.grading.results import ERROR, UNFINISHED, make_record, scores_csv, to_json, write_atomically
from autograder.grading.steady import steady
from autograder.intake.folder import read_regular
from autograder.intake.model import Intake, Submission

Record = dict[str, Any]

# A fresh seed can't be guessed before the run: nobody tries 2^53 seeds in the minutes that a submission has. More bits
# would be rounded by readers of JSON that hold numbers as float64, and the run could not be repeated.
_SEED_BITS = 53


@dataclass(frozen=True)
class Options:
    """What the grader chose.

    Attributes:
        out: folder for scores.csv, results/, feedback/ and run.json.
        seed: of everything that is drawn. None: the seed of the run that is resumed, or else a fresh one, which nobody
            can know before the run.
        accept_less: grade also where a required layer of isolation is missing.
        without: layers of isolation that are left out (to measure what they cost).
        data: data set to train on; None: the first of the assignment's that is here.
        resume: keep results in ``out`` whose submission, assignment, engine, seed and device are the same.
    """

    out: Path
    jobs: int = 1
    device: str = "auto"
    seed: int | None = 0
    skip_questions: tuple[str, ...] = ()
    resume: bool = False
    measure_memory: bool = False
    accept_less: bool = False
    without: tuple[str, ...] = ()
    data: str | None = None


@dataclass(frozen=True)
class Report:
    """What a batch came to.

    Attributes:
        records: one a submission that is done, in the order of the intake.
        complete: all are done; False after Ctrl-C.
        reused: how many were kept from an earlier run.
        seconds: wall clock of the whole batch.
        seed: what repeats this run.
        graded: what the engine measured, for those graded now.
    """

    records: tuple[Record, ...]
    complete: bool
    reused: int
    seconds: float
    device: str
    isolation: str
    seed: int
    graded: tuple[Graded, ...] = ()

    @property
    def errors(self) -> tuple[Record, ...]:
        """Records of submissions at which the grader broke."""
        return tuple(record for record in self.records if record["status"] == ERROR)


@dataclass(frozen=True)
class _Pending:
    """A submission that is being graded.

    Attributes:
        origin: a remark on the release that it was made from, or None.
    """

    submission: Submission
    fingerprint: str
    origin: str | None


class Batch:
    """Grades an intake into a folder.

    Args:
        on_start: called with the engine once it is up, and the number of reused results.
        on_record: called with each record as it is done.
    """

    def __init__(
        self,
        assignment: Assignment,
        intake: Intake,
        options: Options,
        *,
        on_start: Callable[[Engine, int], None] = lambda *_: None,
        on_record: Callable[[Record], None] = lambda _: None,
    ):
        self._assignment = assignment
        self._intake = intake
        self._options = options
        self._on_start = on_start
        self._on_record = on_record
        self._records: dict[str, Record] = {}
        self._pending: dict[str, _Pending] = {}
        self._graded: list[Graded] = []
        self._prepared = False
        self._started = time.monotonic()

    def run(self) -> Report:
        """Grade everything; Ctrl-C ends it early with what is done."""
        options = self._options
        engine = Engine(
            self._assignment,
            jobs=options.jobs,
            device=options.device,
            seed=_seed(options),
            skip_questions=options.skip_questions,
            data=options.data,
            measure_memory=options.measure_memory,
            accept_less=options.accept_less,
            without=options.without,
        )
        complete, reused = True, 0
        with scratch_folder("autograder-class-") as scratch:
            try:
                with engine:
                    self._batch_hash = batch_fingerprint(self._assignment, engine, options.skip_questions)
                    reused = self._prepare_folder(engine.seed)
                    self._on_start(engine, reused)
                    self._grade(engine, scratch)
            except KeyboardInterrupt:
                complete = False
        records = tuple(self._records[item.slug] for item in self._intake.submissions if item.slug in self._records)
        report = Report(
            records,
            complete,
            reused,
            time.monotonic() - self._started,
            engine.device,
            str(engine.isolation),
            engine.seed,
            tuple(self._graded),
        )
        if records:
            write_atomically(options.out / "scores.csv", scores_csv(records))
        if self._prepared:  # stopped earlier than that, the folder is what it was
            write_atomically(options.out / "run.json", json.dumps(self._run_facts(engine, report), indent=1) + "\n")
        return report

    def _grade(self, engine: Engine, scratch: Path) -> None:
        for submission in self._intake.submissions:
            if submission.problem is not None and submission.slug not in self._records:
                self._finish(engine, submission, None, submission_fingerprint(self._batch_hash, submission, ()))
        for graded in engine.grade(self._tasks(engine, scratch)):
            pending = self._pending.pop(graded.key)
            remove_tree(scratch / graded.key)
            self._graded.append(graded)
            self._finish(engine, pending.submission, steady(graded), pending.fingerprint, pending.origin)

    def _tasks(self, engine: Engine, scratch: Path) -> Iterator[Task]:
        """Private copies of what is to be graded, made when a worker is about to be free for it."""
        for number, submission in enumerate(self._intake.submissions):
            if submission.problem is not None or submission.slug in self._records:
                continue
            try:
                files = _contents(submission)
            except IntakeError as error:
                unusable = Submission(submission.student, submission.slug, problem=str(error))
                self._finish(engine, unusable, None, submission_fingerprint(self._batch_hash, unusable, ()))
                continue
            main = self._assignment.module + submission.files[0].suffix
            files[0] = (main, files[0][1])
            key = f"{number:05d}"
            folder = scratch / key
            folder.mkdir(mode=0o700)
            for name, data in reversed(files):  # the graded file last: no helper may take its name
                (folder / name).write_bytes(data)
            fingerprint = submission_fingerprint(self._batch_hash, submission, files)
            self._pending[key] = _Pending(submission, fingerprint, origin_note(self._assignment, files[0][1]))
            yield Task(key, folder, main)

    def _finish(
        self,
        engine: Engine,
        submission: Submission,
        graded: Graded | None,
        fingerprint: str,
        origin: str | None = None,
    ) -> None:
        record = make_record(self._assignment, engine, submission, graded, fingerprint, origin=origin)
        out = self._options.out
        write_atomically(out / "feedback" / f"{submission.slug}.md", feedback_markdown(record, self._assignment.title))
        write_atomically(out / "results" / f"{submission.slug}.json", to_json(record))
        self._records[submission.slug] = record
        self._on_record(record)

    def _prepare_folder(self, seed: int) -> int:
        """Make the output folder ours: remove what an earlier run left but what may be kept; returns how many are."""
        out = self._options.out
        ours = (out / "run.json").is_file()
        if not ours and earlier_results(out):
            raise IntakeError(f"{out}: holds results but no run.json, so no run of ours; choose another --out")
        for name in ("results", "feedback"):
            (out / name).mkdir(parents=True, exist_ok=True)
        # The seed from the start: a run that is killed is resumed with it.
        facts = {"state": "running", "seed": seed, **self._versions()}
        write_atomically(out / "run.json", json.dumps(facts) + "\n")
        self._prepared = True
        if not ours:
            return 0
        if self._options.resume:
            self._reuse()
        for path in (*earlier_results(out), *out.glob("feedback/*.md")):
            if path.stem not in self._records:
                path.unlink()
        for path in out.rglob(f"{UNFINISHED}*"):  # a killed run's
            path.unlink()
        (out / "scores.csv").unlink(missing_ok=True)
        return len(self._records)

    def _reuse(self) -> None:
        for submission in self._intake.submissions:
            record = _read_object(self._options.out / "results" / f"{submission.slug}.json")
            feedback = self._options.out / "feedback" / f"{submission.slug}.md"
            if record is None or record.get("status") == ERROR or not feedback.is_file():
                continue
            try:
                files = _contents(submission)
            except IntakeError:
                continue
            if files:
                files[0] = (self._assignment.module + submission.files[0].suffix, files[0][1])
            if record.get("fingerprint") == submission_fingerprint(self._batch_hash, submission, files):
                self._records[submission.slug] = record

    def _versions(self) -> dict[str, str]:
        """What was graded by what."""
        assignment = self._assignment
        return {"assignment": assignment.name, "release": assignment.version, "engine": autograder.__version__}

    def _run_facts(self, engine: Engine, report: Report) -> Mapping[str, Any]:
        return {
            "state": "complete" if report.complete else "interrupted",
            **self._versions(),
            "submissions": len(self._intake.submissions),
            "done": len(report.records),
            "reused": report.reused,
            "errors": [record["student"] for record in report.errors],
            "left_out": list(self._intake.left_out),
            "seed": engine.seed,
            "device": engine.device,
            "data": engine.data,
            "jobs": engine.jobs,
            "isolation": str(engine.isolation),
            "versions": engine.versions,
            "seconds": round(report.seconds, 3),
            "submission_seconds": {
                graded.key: {name: round(value, 4) for name, value in graded.seconds.items()} for graded in self._graded
            },
        }


def earlier_results(out: Path) -> list[Path]:
    """The results that an output folder holds."""
    return sorted(out.glob("results/*.json"))


def _seed(options: Options) -> int:
    """The seed of this run: chosen, that of the run which is resumed, or fresh."""
    if options.seed is not None:
        return options.seed
    earlier = _read_object(options.out / "run.json") if options.resume else None
    seed = None if earlier is None else earlier.get("seed")
    # bool is an int to Python; a run.json that names no seed is of a run whose results can't be kept anyway.
    return seed if type(seed) is int else secrets.randbits(_SEED_BITS)


def _contents(submission: Submission) -> list[tuple[str, bytes]]:
    return [(path.name, read_regular(path)) for path in submission.files]


def _read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file of an earlier run, None where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
