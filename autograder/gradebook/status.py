"""The command ``autograder status``: the runs of a gradebook, and how far a running one is.

It reads the database while the run writes it. A run that calls itself running while nobody holds the gradebook's lock
was killed: what it had finished is kept, and the next run goes on from there.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from autograder.core.text import one_line
from autograder.gradebook.locate import add_location, gradebook_of
from autograder.gradebook.lock import is_being_written
from autograder.gradebook.model import RUNNING, Run
from autograder.gradebook.store import Gradebook

KILLED = "killed"
_LATELY = timedelta(minutes=1)  # over which the rate of a running batch is measured, once it runs for longer
_SHOWN = 20  # runs; the newest


@dataclass(frozen=True)
class Progress:
    """How a run stands.

    Attributes:
        run: as the gradebook has it.
        state: "running", "complete", "interrupted", or "killed".
        statuses: how many results there are of each status.
        rate: results a minute, 0 where none was made lately, or none is made any more.
        left: until the run is done at that rate; None where that can't be told.
    """

    run: Run
    state: str
    statuses: dict[str, int]
    rate: float
    left: timedelta | None


def progress_of(book: Gradebook, number: int | None = None, *, now: datetime | None = None) -> Progress:
    """How a run stands; the newest one by default.

    Args:
        now: for a clock that stands still.

    Raises:
        GradebookError: there is no such run.
    """
    run = book.run(number)
    state = state_of(book, run)
    statuses = Counter(summary.status for summary in book.summaries(run.number))
    if state != RUNNING:
        return Progress(run, state, dict(statuses.most_common()), 0.0, None)
    now = datetime.now(UTC) if now is None else now
    since = max(run.started, now - _LATELY)
    made = book.made_since(run.number, since)
    rate = 60 * made / max((now - since).total_seconds(), 1e-3)
    left = timedelta(minutes=(run.submissions - run.done) / rate) if rate else None
    return Progress(run, state, dict(statuses.most_common()), rate, left)


def state_of(book: Gradebook, run: Run) -> str:
    """The state of a run: as noted, but "killed" where its process is gone."""
    if run.state != RUNNING:
        return run.state
    newest = max(other.number for other in book.runs())
    return RUNNING if run.number == newest and is_being_written(book.path) else KILLED


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``status`` to the command line."""
    parser = subparsers.add_parser(
        "status",
        help="the runs of a gradebook, and how far a running one is",
        description="List the runs of a gradebook, and how far one of them is: the newest, or the one named.",
    )
    parser.add_argument("number", type=int, nargs="?", metavar="RUN", help="a run's number (the newest)")
    add_location(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with Gradebook.open(gradebook_of(args)) as book:
        progress = progress_of(book, args.number)
        runs = book.runs()
        print(f"{book.path}: {len(runs)} run{'' if len(runs) == 1 else 's'}")
        for line in _table([(run, state_of(book, run)) for run in runs[-_SHOWN:]]):
            print(line)
        print()
        for line in progress_lines(progress, book.reasons(progress.run.number)):
            print(line)
    return 0


def _table(runs: Sequence[tuple[Run, str]]) -> Iterator[str]:
    rows = [("run", "assignment", "release", "state", "started (UTC)", "done", "reused", "errors")]
    rows += [
        (
            str(run.number),
            one_line(run.assignment, 50),
            run.release,
            state,
            f"{run.started.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            f"{run.done}/{run.submissions}",
            str(run.reused),
            str(run.errors),
        )
        for run, state in runs
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def progress_lines(progress: Progress, reasons: dict[str, int]) -> Iterator[str]:
    """A run in a few lines.

    Args:
        reasons: as ``Gradebook.reasons`` gives them.
    """
    run = progress.run
    share = 100 * run.done / run.submissions if run.submissions else 100.0
    yield f"run {run.number}, {progress.state}: {run.done} of {run.submissions} done ({share:.0f} %)"
    if progress.statuses:
        yield f"  {', '.join(f'{count} {status}' for status, count in progress.statuses.items())}"
    graded = {reason: count for reason, count in reasons.items() if reason}
    if graded:
        yield f"  {run.reused} kept, to grade: {', '.join(f'{count}: {reason}' for reason, count in graded.items())}"
    else:
        yield f"  {run.reused} kept, nothing to grade"
    if progress.rate:
        left = "" if progress.left is None else f", about {_duration(progress.left)} left"
        yield f"  {progress.rate:.0f} a minute{left}"
    if run.finished is not None:
        yield f"  took {_duration(run.finished - run.started)}"
    if progress.state not in (RUNNING, "complete"):
        yield "  what is done is kept; run the same `autograder grade` again to go on"
    yield f"  {run.jobs} at a time on {run.device}, seed {run.seed}, autograder {run.engine}"
    yield f"  isolation: {run.isolation}"


def _duration(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"
