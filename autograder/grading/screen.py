"""What the grader sees: a header, progress, and the closing tables. Text of submissions is never taken for markup."""

from __future__ import annotations

import shlex
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line
from autograder.gradebook.diff import Move
from autograder.gradebook.locate import NAME
from autograder.gradebook.model import Summary
from autograder.grading.batch import Report
from autograder.grading.facts import Facts
from autograder.grading.results import ERROR, GRADED
from autograder.intake.model import Intake

_ROWS = 60  # a longer class is shown by its lowest scores
_LOWEST = 15
_BAR, _NAME = 20, 30  # widths
_NAMED = 5  # students of a line that says how many there are


class Screen:
    """Shows one batch.

    Args:
        console: where to.
        assignment: what is graded.
        intake: whose submissions.
    """

    def __init__(self, console: Console, assignment: Assignment, intake: Intake):
        self._console = console
        self._assignment = assignment
        self._intake = intake
        self._done = 0
        self._statuses: Counter[str] = Counter()
        self._progress = Progress(
            TextColumn("grading"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[statuses]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, facts: Facts, reasons: Mapping[str, int]) -> None:
        """The header, once it is known what the engine runs on and what there is to do."""
        total, todo = len(self._intake.submissions), sum(reasons.values())
        print_ = self._console.print
        what = f"{self._assignment.title}: {total} submission{'' if total == 1 else 's'}"
        print_(f"{what}, {facts.jobs} at a time on {facts.device}", markup=False)
        if self._intake.recognised:
            print_(Text(f"found: {one_line(self._intake.recognised)}", style="dim"))
        print_(f"isolation: {facts.isolation}", style="dim", markup=False)
        if facts.data:
            print_(f"data: {facts.data_note}", style="dim", markup=False)
        for line in _what_is_done(total - todo, reasons):
            print_(line, markup=False)
        for line in self._intake.left_out:
            print_(Text(f"left out: {one_line(line)}", style="yellow"))
        self._total = todo
        self._task = self._progress.add_task("", total=todo, rate="", statuses="")

    def summary(self, summary: Summary) -> None:
        """One more is done."""
        self._done += 1
        self._statuses[summary.status] += 1
        elapsed = self._progress.tasks[0].elapsed or 0.0
        rate = f"{60 * self._done / elapsed:.0f} a minute" if elapsed > 0.5 else ""
        statuses = ", ".join(f"{count} {status}" for status, count in self._statuses.most_common())
        self._progress.update(self._task, advance=1, rate=rate, statuses=statuses)
        if not self._console.is_terminal and self._done % max(1, self._total // 4) == 0:
            self._console.print(f"{self._done} of {self._total} done ({statuses})", markup=False)

    def close(self, report: Report, out: Path) -> None:
        """The tables and what comes next."""
        rows, print_ = report.summaries, self._console.print
        if rows:
            shown = rows if len(rows) <= _ROWS else sorted(rows, key=_by_score)[:_LOWEST]
            print_(_scores_table(shown, len(rows), self._console.width))
        scores = [summary.score for summary in rows if summary.score is not None]
        if scores:
            print_(_questions_table(rows))
            mean, median = statistics.fmean(map(float, scores)), float(statistics.median(scores))
            print_(f"mean {mean:.1f}, median {median:.1f}; {_speed(report)}", markup=False)
        print_(Text(f"scores   {out / 'scores.csv'}"))
        print_(Text(f"feedback {out / 'feedback'}  (for students)"))
        print_(Text(f"results  {out / 'results'}  (for staff: with the messages of hidden tests)"))
        print_(Text(f"kept as  run {report.run} in {report.gradebook}"))
        print_(Text(f"seed     {report.seed}  (the same inputs again: --seed {report.seed})"))
        for line in _changes(report, out):
            print_(Text(line, style="yellow"))
        for summary in report.errors:
            print_(Text(f"error: {_name(summary)}: {_first_line(summary.problem)}", style="red"))
        if report.errors:
            print_(Text("the grader broke at these; no score was given: run it again, the others are kept"))


def _what_is_done(kept: int, reasons: Mapping[str, int]) -> Iterator[str]:
    """How many results are kept, and why the others are made."""
    if kept:
        yield f"{kept} {'result is' if kept == 1 else 'results are'} unchanged and kept"
    if reasons and (kept or set(reasons) != {"new"}):
        short = ("new", "changed", "forced")
        parts = (f"{n} {reason}" if reason in short else f"{n}: {reason}" for reason, n in reasons.items())
        yield f"to grade: {', '.join(parts)}"


def _speed(report: Report) -> str:
    graded = len(report.summaries) - report.reused
    rate = f", {60 * graded / max(report.seconds, 1e-9):.0f} submissions a minute" if graded else ""
    return f"{report.seconds:.1f} s{rate}"


def _changes(report: Report, out: Path) -> Iterator[str]:
    """A line for each earlier run in which somebody had another score."""

    def of(move: Move) -> int:
        return move.run

    where = ["--out", str(out)] if report.gradebook == out / NAME else ["--gradebook", str(report.gradebook)]
    for run, moves in groupby(sorted(report.changed, key=of), key=of):
        names = [_name(move.after) for move in moves]
        shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        command = shlex.join(["autograder", "diff", str(run), str(report.run), *where])
        scores = "1 score differs" if len(names) == 1 else f"{len(names)} scores differ"
        yield f"{scores} from run {run}: {shown}; see {command}"


def _scores_table(rows: Sequence[Summary], total: int, width: int) -> Table:
    title = None if len(rows) == total else f"the {len(rows)} lowest of {total}"
    table = Table(title=title, box=None, pad_edge=False, header_style="bold")
    longest = max(cell_len(name) for name in ("student", *map(_name, rows)))
    name = min(longest, _NAME)
    table.add_column("student", no_wrap=True, overflow="ellipsis", width=name)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("of", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    rest = max(width - name - _BAR - 24, 20)  # for remarks, cut here: the table would shrink every column alike
    for summary in rows:
        score = summary.score
        share = float(score / summary.maximum) if score and summary.maximum else 0.0
        filled = round(share * _BAR)
        bar = Text("█" * filled, style="green") + Text("░" * (_BAR - filled), style="dim")
        remark = "" if summary.status == GRADED else f"{summary.status}: {_first_line(summary.problem)}"
        table.add_row(
            _cut(_name(summary), name),
            "-" if score is None else plain_decimal(score),
            plain_decimal(summary.maximum),
            bar,
            _cut(remark, rest, style="yellow"),
        )
    return table


def _questions_table(rows: Sequence[Summary]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("question")
    table.add_column("full marks", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("of", justify="right")
    known = [summary.questions for summary in rows if summary.status != ERROR]
    for column in zip(*known, strict=True):
        full = sum(question.score == question.maximum for question in column)
        mean = statistics.fmean(float(question.score) for question in column)
        share = f"{100 * full / len(column):.0f} %"
        table.add_row(Text(column[0].title), share, f"{mean:.1f}", plain_decimal(column[0].maximum))
    return table


def _by_score(summary: Summary) -> tuple[bool, Decimal]:
    return summary.score is not None, summary.score or Decimal(0)


def _name(summary: Summary) -> str:
    """A student's name, without power over what stands beside it."""
    return _left_to_right(one_line(summary.student))


def _first_line(text: str | None) -> str:
    return _left_to_right(one_line((text or "").strip().split("\n")[0]))


def _cut(text: str, width: int, style: str = "") -> Text:
    """Text in a column of that width; wide letters count twice."""
    shown = Text(text, style=style)
    shown.truncate(width, overflow="ellipsis")
    return shown if len(shown) == len(text) else Text(_left_to_right(shown.plain), style=style)


def _left_to_right(text: str) -> str:
    """Text with a mark after it, where needed, that what follows runs from left to right.

    Numbers after a name in Hebrew or Arabic belong to it for a terminal that orders text by its letters: the score and
    the maximum would change places.
    """
    ends = any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)
    return f"{text}\N{LEFT-TO-RIGHT MARK}" if ends else text
