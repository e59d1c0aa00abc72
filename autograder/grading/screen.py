"""What the grader sees: a header, progress, and the closing tables. Text of submissions is never taken for markup."""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.text import one_line
from autograder.grading.batch import Report
from autograder.grading.results import ERROR, GRADED
from autograder.intake.model import Intake

_ROWS = 60  # a longer class is shown by its lowest scores
_LOWEST = 15
_BAR, _NAME = 20, 30  # widths


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
        self._progress = Progress(
            TextColumn("grading"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, engine: Engine, reused: int) -> None:
        """The header, once the engine knows what it runs on."""
        total = len(self._intake.submissions)
        print_ = self._console.print
        what = f"{self._assignment.title}: {total} submission{'' if total == 1 else 's'}"
        print_(f"{what}, {engine.jobs} at a time on {engine.device}", markup=False)
        print_(f"isolation: {engine.isolation}", style="dim", markup=False)
        if engine.data:
            print_(f"data: {engine.data_note}", style="dim", markup=False)
        if reused:
            print_(f"{reused} results are unchanged and kept", markup=False)
        for line in self._intake.left_out:
            print_(Text(f"left out: {one_line(line)}", style="yellow"))
        self._task = self._progress.add_task("", total=total, completed=reused, rate="")
        self._done, self._total = reused, total

    def record(self, record: Mapping[str, Any]) -> None:
        """One more is done."""
        self._done += 1
        elapsed = self._progress.tasks[0].elapsed or 0.0
        rate = f"{60 * self._done / elapsed:.0f} a minute" if elapsed > 0.5 else ""
        self._progress.update(self._task, advance=1, rate=rate)
        if not self._console.is_terminal and self._done % max(1, self._total // 4) == 0:
            self._console.print(f"{self._done} of {self._total} done", markup=False)

    def close(self, report: Report, out: Path) -> None:
        """The tables and what comes next."""
        shown = sorted(report.records, key=_by_score) if len(report.records) > _ROWS else list(report.records)
        rows = shown[:_LOWEST] if len(report.records) > _ROWS else shown
        if rows:
            self._console.print(_scores_table(rows, len(report.records), self._console.width))
        scores = [Decimal(record["score"]) for record in report.records if record["score"] is not None]
        if scores:
            self._console.print(_questions_table(report.records))
            mean, median = statistics.fmean(map(float, scores)), float(statistics.median(scores))
            rate = 60 * (len(report.records) - report.reused) / max(report.seconds, 1e-9)
            self._console.print(
                f"mean {mean:.1f}, median {median:.1f}; {report.seconds:.1f} s, {rate:.0f} submissions a minute",
                markup=False,
            )
        self._console.print(Text(f"scores   {out / 'scores.csv'}"))
        self._console.print(Text(f"feedback {out / 'feedback'}  (for students)"))
        self._console.print(Text(f"results  {out / 'results'}  (for staff: with the messages of hidden tests)"))
        self._console.print(Text(f"seed     {report.seed}  (the same inputs again: --seed {report.seed})"))
        for record in report.errors:
            line = f"error: {_name(record)}: {_first_line(record['problem'])}"
            self._console.print(Text(line, style="red"))
        if report.errors:
            self._console.print(Text("the grader broke at these; no score was given: run again with --resume"))


def _scores_table(records: Sequence[Mapping[str, Any]], total: int, width: int) -> Table:
    title = None if len(records) == total else f"the {len(records)} lowest of {total}"
    table = Table(title=title, box=None, pad_edge=False, header_style="bold")
    longest = max(cell_len(name) for name in ("student", *map(_name, records)))
    name = min(longest, _NAME)
    table.add_column("student", no_wrap=True, overflow="ellipsis", width=name)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("of", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    rest = max(width - name - _BAR - 24, 20)  # for remarks, cut here: the table would shrink every column alike
    for record in records:
        score = record["score"]
        share = float(Decimal(score) / Decimal(record["maximum"])) if score and Decimal(record["maximum"]) else 0.0
        filled = round(share * _BAR)
        bar = Text("█" * filled, style="green") + Text("░" * (_BAR - filled), style="dim")
        remark = "" if record["status"] == GRADED else f"{record['status']}: {_first_line(record['problem'])}"
        table.add_row(
            _cut(_name(record), name), score or "-", record["maximum"], bar, _cut(remark, rest, style="yellow")
        )
    return table


def _questions_table(records: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("question")
    table.add_column("full marks", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("of", justify="right")
    known = [record["questions"] for record in records if record["status"] != ERROR]
    for column in zip(*known, strict=True):
        full = sum(question["score"] == question["maximum"] for question in column)
        mean = statistics.fmean(float(question["score"]) for question in column)
        table.add_row(
            Text(column[0]["title"]), f"{100 * full / len(column):.0f} %", f"{mean:.1f}", column[0]["maximum"]
        )
    return table


def _by_score(record: Mapping[str, Any]) -> tuple[bool, Decimal]:
    return record["score"] is not None, Decimal(record["score"] or 0)


def _name(record: Mapping[str, Any]) -> str:
    """A student's name, without power over what stands beside it."""
    return _left_to_right(one_line(record["student"]))


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
