"""What the verifying person sees: progress with the time that is left, a table for each assignment, and findings."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.core.assignment import Assignment
from autograder.core.text import one_line
from autograder.verify import feedback
from autograder.verify.facts import Answer, Finding, Kind, Result, Verification
from autograder.verify.tally import Tally, tallies

_ESTIMATE = 300.0  # seconds over which the speed is averaged: some answers train
_MOST = {True: 60, False: 20}  # findings that are shown, of broken claims and of remarks
_LINE = 400  # characters
_STEP = 20  # gradings, at the least, from one line of a log to the next
_CLAIMS: dict[Kind, tuple[str, str]] = {
    "solution": ("solution", "full marks"),
    "variant": ("variants", "full marks"),
    "stub": ("stub", "nothing"),
    "mutant": ("mutants", "fail the tests that they name"),
    "automatic": ("automatic mutants", "fail some test"),
}


class Screen:
    """Shows verifications, one after the other.

    Args:
        console: where to.
    """

    def __init__(self, console: Console):
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            speed_estimate_period=_ESTIMATE,
        )
        self._title, self._done, self._total, self._expecting = "", 0, 0, False

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, assignment: Assignment, answers: Sequence[Answer]) -> None:
        """The next assignment."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._title, self._done, self._total, self._expecting = assignment.title, 0, 0, False
        self._task = self._progress.add_task(f"{assignment.title}: starting", total=None)

    def expect(self, missing: int, known: int) -> None:
        """So much more is to be done."""
        if known and not self._expecting:
            self._print(f"{self._title}: {known} of {known + missing} gradings are known from before", "dim")
        self._expecting = True
        self._total += missing
        self._progress.update(self._task, description=self._title, total=self._total)

    def graded(self, result: Result) -> None:
        """One more is done."""
        self._done += 1
        self._progress.update(self._task, advance=1)
        if not self._console.is_terminal and self._done % max(_STEP, self._total // 4) == 0:
            self._print(f"{self._title}: {self._done} of {self._total} done", "dim")

    def close(self, verification: Verification) -> None:
        """The table, what follows, and whether all claims hold."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        counted = tallies(verification)
        self._console.print(_table(counted))
        if any(tally.kind == "mutant" for tally in counted):
            self._print(feedback.rates(verification).text(), "dim")
        for broken in (True, False):
            self._findings([finding for finding in verification.findings if finding.broken is broken], broken=broken)
        self._print(_conclusion(verification, counted), "bold" if verification.holds else "bold red")
        self._console.print()

    def _findings(self, findings: Sequence[Finding], *, broken: bool) -> None:
        for finding in findings[: _MOST[broken]]:
            line = Text(f"{finding.kind}: ", style="red" if broken else "yellow")
            line.append(one_line(f"{finding.who} {finding.text}", _LINE), style="not bold default")
            line.append(f" → {one_line(finding.advice, _LINE)}", style="dim")
            self._console.print(line, soft_wrap=True)
        if (more := len(findings) - _MOST[broken]) > 0:
            self._print(f"… and {more} more {'broken claims' if broken else 'remarks'}: --json writes all", "dim")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)


def _table(counted: Sequence[Tally]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("answers", no_wrap=True)
    table.add_column("graded", justify="right")
    table.add_column("as claimed", justify="right")
    table.add_column("claim")
    table.add_column("killed", justify="right")
    table.add_column("CPU s", justify="right")
    for tally in counted:
        name, claim = _CLAIMS[tally.kind]
        killed = f"{100 * tally.rate:.1f} %" if tally.kind in ("mutant", "automatic") else ""
        if tally.equivalent:
            claim = f"{claim} ({tally.equivalent} more are declared equivalent)"
        wrong = "red" if tally.as_claimed < tally.answers else ""
        as_claimed = Text(str(tally.as_claimed), wrong)
        table.add_row(name, str(tally.answers), as_claimed, claim, killed, f"{tally.cpu:.1f}")
    return table


def _conclusion(verification: Verification, counted: Sequence[Tally]) -> str:
    graded = sum(tally.answers + tally.equivalent for tally in counted)
    broken = sum(finding.broken for finding in verification.findings)
    claims = f"{broken or 'no'} broken claim{'' if broken == 1 else 's'}"
    return f"{verification.title}: {graded} answers graded, {claims}"
