"""What the calibrating person sees: progress with the time that is left, and a table of what came out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median_low

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.calibration.measure import Plan
from autograder.calibration.record import Entry, Setting
from autograder.calibration.statistics import Assessment, Series, middle, percent, silent, trainings
from autograder.calibration.subjects import SIDES, label

_COLOURS = {"right": "blue", "wrong": "dark_orange"}
_ESTIMATE = 600.0  # seconds over which the speed is averaged: submissions take turns, and some are slow


class Screen:
    """Shows the calibration of one bar.

    Args:
        console: where to.
    """

    def __init__(self, console: Console):
        self._console = console
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[seed]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            speed_estimate_period=_ESTIMATE,
        )

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, plan: Plan, setting: Setting, known: int) -> None:
        """The header, once the engine knows what it runs on."""
        rule, each = plan.rule, len(plan.subjects)
        right = sum(subject.side == "right" for subject in plan.subjects)
        who = f"{right} right and {each - right} wrong submissions"
        how = f"{plan.seeds} seeds of {rule.trials} training{'' if rule.trials == 1 else 's'}"
        where = f"{setting.data} on {setting.device}" if setting.data else setting.device
        self._print(f"{plan.assignment.title}, bar {rule.name!r}: {who}, {how}, {where}, {plan.jobs} at a time")
        if known:
            self._print(f"{known} of {each * plan.seeds} are known from before")
        self._each, self._seeds, self._total = each, plan.seeds, each * plan.seeds
        self._known = self._done = known
        self._started = time.monotonic()
        self._task = self._progress.add_task("", total=self._total, completed=known, seed="")

    def measured(self, seed: int) -> None:
        """One submission is done with one seed."""
        self._done += 1
        self._progress.update(self._task, advance=1, seed=f"seed {seed + 1} of {self._seeds}")
        if not self._console.is_terminal and self._done % self._each == 0:
            spent = time.monotonic() - self._started
            left = spent / (self._done - self._known) * (self._total - self._done)
            self._print(f"{self._done} of {self._total} done, about {timedelta(seconds=round(left))} left")

    def close(self, entry: Entry, assessment: Assessment, written: Sequence[Path]) -> None:
        """The table, the bar or why there is none, and where it all is."""
        self._progress.stop()
        self._console.print(_table(entry, assessment))
        if broken := sorted(name for name, series in entry.numbers["wrong"].items() if silent(series)):
            self._print(f"mutants that never gave a number: {', '.join(broken)}")
        if entry.bar is not None:
            self._print(f"bar {entry.name!r}: {entry.bar:.3f}", style="bold")
        for problem in assessment.problems:
            self._print(problem, style="red")
        if assessment.problems:
            self._print("so this bar is refused: it is recorded as null, and no test uses it")
        for path in written:
            self._print(str(path), style="dim")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style))


def _table(entry: Entry, assessment: Assessment) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("submission", no_wrap=True)
    for heading in ("median", "lowest", "highest", "on the wrong side", "judged wrongly", "at most (95 %)"):
        table.add_column(heading, justify="right")
    for side in SIDES:
        shown = {name: series for name, series in entry.numbers[side].items() if side == "right" or not silent(series)}
        for name, series in sorted(shown.items(), key=lambda item: (-middle(item[1]), item[0])):
            row = [Text(label(side, name), style=_COLOURS[side]), *_numbers(series)]
            if chance := assessment.chances.get(side, {}).get(name):
                row.append(Text(f"{chance.trainings} of {len(trainings(series))}"))
                row.append(Text(f"{chance.medians} of {len(series)}"))
                row.append(Text(percent(chance.at_most)))
            table.add_row(*row)
    return table


def _numbers(series: Series) -> list[Text]:
    known = [score for score in trainings(series) if score is not None]
    if not known:
        return [Text("none"), Text(""), Text("")]
    return [Text(f"{number:.3f}") for number in (median_low(known), min(known), max(known))]
