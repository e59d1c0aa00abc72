"""Judging trained models by one number: the bar that calibration found, the median of several trials, one second look.

The rule (how many trials, what is within the noise of the bar) stands in assignment.toml; the bar stands in
calibration.json beside it, one for each data set and device that was calibrated. Students receive the bars alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from autograder.core.assignment import Assignment, BarRule
from autograder.errors import CalibrationError, CheckFailure, TestDefect

if TYPE_CHECKING:  # it imports torch, which commands that only read bars can do without
    from autograder.core.draw import Draw

CALIBRATION_NAME = "calibration.json"
STUDENT_NAME = "bars.json"  # the same shape, with nothing in it but the bars

Trial = Callable[["Draw"], float]


@dataclass(frozen=True)
class KnownBar:
    """A bar, and what it was calibrated for."""

    name: str
    data: str
    device: str
    bar: float | None


def read_bars(folder: Path) -> tuple[KnownBar, ...]:
    """The bars of an assignment; none where it was never calibrated.

    Raises:
        CalibrationError: the file is not what ``autograder calibrate`` writes.
    """
    for name in (CALIBRATION_NAME, STUDENT_NAME):
        path = folder / name
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return tuple(_known_bar(entry) for entry in raw["bars"])
        except FileNotFoundError:
            continue
        except (ValueError, KeyError, TypeError) as error:
            raise CalibrationError(f"{path}: not a calibration ({error}); run `autograder calibrate` again") from None
    return ()


def _known_bar(entry: Mapping[str, Any]) -> KnownBar:
    bar = entry["bar"]
    return KnownBar(str(entry["name"]), str(entry["data"]), str(entry["device"]), None if bar is None else float(bar))


def data_key(data: str) -> str:
    """How a calibration names a data set: by its name, or by that of its file."""
    return Path(data).stem


def students_bars(folder: Path) -> str | None:
    """What students receive of a calibration: the bars, as a file's text; None where nothing is calibrated."""
    bars = read_bars(folder)
    entries = [{"name": bar.name, "data": bar.data, "device": bar.device, "bar": bar.bar} for bar in bars]
    return json.dumps({"bars": entries}, indent=1) + "\n" if entries else None


class Bar:
    """One bar, in one run of one test.

    Args:
        rule: how it is judged.
        bar: what to reach, or None where nothing is calibrated.
        draws: yields what each trial draws.
        note: called with each trial's number.
    """

    def __init__(self, rule: BarRule, bar: float | None, draws: Iterator[Draw], note: Callable[[float], None]):
        self.rule = rule
        self._bar = bar
        self._draws = draws
        self._note = note

    def judge(self, trial: Trial, *, what: str, trials: int | None = None, hint: str | None = None) -> None:
        """Train, measure, and compare the median with the bar.

        Args:
            trial: trains once with what its ``Draw`` draws, and returns a number; higher is better.
            what: what the number is, as in "accuracy on 1,000 unseen digits".
            trials: how many at first; default: the rule's.
            hint: where to look when the bar is missed.

        Raises:
            CheckFailure: the bar is missed, or a trial gave no finite number.
            TestDefect: there is no bar for this data set.
        """
        count = self.rule.trials if trials is None else trials
        scores = self._measure(trial, count, what)
        if self._bar is None:
            raise TestDefect(
                f"the bar {self.rule.name!r} is not calibrated for this data set: {what} came out as "
                f"{median(scores):.3f}, and nothing says whether that is enough; `autograder calibrate` finds the bar, "
                "--data chooses another set"
            )
        if self._bar - self.rule.regrade_within <= median(scores) < self._bar:
            scores += self._measure(trial, count, what)
        if median(scores) < self._bar:
            raise CheckFailure(*_missed(what, scores, self._bar), hint=hint)

    def _measure(self, trial: Trial, count: int, what: str) -> list[float]:
        scores = []
        for _ in range(count):
            score = float(trial(next(self._draws)))
            if not math.isfinite(score):
                raise CheckFailure(f"{what} came out as {score}")
            self._note(score)
            scores.append(score)
        return scores


def _missed(what: str, scores: list[float], bar: float) -> tuple[str, list[str]]:
    each = ", ".join(f"{score:.3f}" for score in scores)
    got = f"{median(scores):.3f}"
    if len(scores) > 1:
        got += f", the median of {len(scores)} trainings ({each}), each on data of its own"
    return f"{what} does not reach the bar", [f"got      {got}", f"expected {bar:.3f} or more"]


class Bars:
    """The bars of an assignment, as one test asks for them: ``bars["accuracy"].judge(trial, what=...)``.

    Args:
        assignment: whose.
        data: the data set in use, or the path of one ("" where the assignment has none).
        device: "cpu" or "cuda".
        draws: what the trials of this test draw.

    Attributes:
        measured: the numbers of this test's trials, by bar.
    """

    def __init__(self, assignment: Assignment, data: str, device: str, draws: Iterator[Draw]):
        self._rules = {rule.name: rule for rule in assignment.bars}
        self._known = read_bars(assignment.folder)
        self._data = data_key(data)
        self._device = device
        self._draws = draws
        self.measured: dict[str, list[float]] = {}

    def __getitem__(self, name: str) -> Bar:
        if name not in self._rules:
            raise TestDefect(f"assignment.toml has no [[bar]] named {name!r}")
        note = self.measured.setdefault(name, []).append
        return Bar(self._rules[name], self._find(name), self._draws, note)

    def _find(self, name: str) -> float | None:
        """The bar for this data set: that of this device, or else that of another one."""
        fitting = [known for known in self._known if (known.name, known.data) == (name, self._data)]
        fitting.sort(key=lambda known: known.device != self._device)
        return fitting[0].bar if fitting else None
