"""The picture of a calibration: every training as a dot, right and wrong submissions apart, the bar between them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

from autograder.calibration.record import Entry
from autograder.calibration.statistics import LIMIT, Assessment, Chance, Series, middle, percent, silent, trainings
from autograder.calibration.subjects import SIDES, Side, label
from autograder.errors import CalibrationError
from autograder.grading.results import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOUR: Mapping[Side, str] = {"right": "#0072B2", "wrong": "#D55E00"}  # told apart with any colour vision, and in grey
_MARK: Mapping[Side, str] = {"right": "o", "wrong": "D"}
_VERB: Mapping[Side, str] = {"right": "fails", "wrong": "passes"}
_INK, _PALE = "#222222", "#777777"
_WIDTH, _ROW, _CHAR = 11.0, 0.27, 0.078  # inches: of the whole, of a row's height, of a letter
_ABOVE, _BELOW, _EDGE, _CHANCES = 1.12, 0.55, 0.15, 2.05  # inches: title, axis, left of all, the column of chances
_CLOSE = 0.4  # the bar's surroundings get a panel of their own when they are less than this share of the whole
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "autograder",  # the same picture, the same bytes
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}


@dataclass(frozen=True)
class _Row:
    side: Side
    name: str
    series: Series
    chance: Chance | None

    @property
    def scores(self) -> list[float]:
        return [score for score in trainings(self.series) if score is not None]


def plot_name(entry: Entry) -> str:
    """The file beside calibration.json; the usual device is not named."""
    parts = ["calibration", entry.name, entry.data, "" if entry.device == "cpu" else entry.device]
    return "-".join(part for part in parts if part) + ".svg"


def draw_plot(path: Path, title: str, entry: Entry, assessment: Assessment, proposed: float | None) -> None:
    """Write the picture as SVG, the same bytes for the same numbers.

    Args:
        title: of the assignment.
        proposed: the bar to draw, also one that was refused.
    """
    try:
        from matplotlib import rc_context
    except ImportError:
        raise CalibrationError("the plot needs the package matplotlib: pip install 'autograder[calibrate]'") from None
    stream = io.StringIO()
    with rc_context(_STYLE):
        figure = make_figure(title, entry, assessment, proposed)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    write_atomically(path, stream.getvalue())


def make_figure(title: str, entry: Entry, assessment: Assessment, proposed: float | None) -> Figure:
    """The picture, for any of matplotlib's formats."""
    from matplotlib.figure import Figure

    rows = _rows(entry, assessment)
    height = _ABOVE + _BELOW + _ROW * len(rows)
    left = _EDGE + 0.15 + _CHAR * max(len(label(row.side, row.name)) for row in rows)
    figure = Figure(figsize=(_WIDTH, height))
    spans = _spans(rows, proposed)
    axes = figure.subplots(1, len(spans), squeeze=False, sharey=True, width_ratios=[2, 3][-len(spans) :])[0]
    figure.subplots_adjust(
        left=left / _WIDTH, right=1 - _CHANCES / _WIDTH, bottom=_BELOW / height, top=1 - _ABOVE / height, wspace=0.06
    )
    for ax, span in zip(axes, spans, strict=True):
        _draw_panel(ax, rows, span, proposed)
    _name_rows(axes[0], rows)
    _write_chances(axes[-1], rows)
    _write_texts(figure, axes, title, entry, proposed)
    return figure


def _rows(entry: Entry, assessment: Assessment) -> list[_Row]:
    """Right ones first; in each group the best first, so that those nearest to the bar meet in the middle.

    Wrong ones that never gave a number are left out: there is nothing to see.
    """
    rows = []
    for side in SIDES:
        chances = assessment.chances.get(side, {})
        ordered = sorted(entry.numbers[side].items(), key=lambda item: (-middle(item[1]), item[0]))
        rows += [_Row(side, name, s, chances.get(name)) for name, s in ordered if side == "right" or not silent(s)]
    return rows


def _spans(rows: Sequence[_Row], bar: float | None) -> list[tuple[float, float]]:
    """What each panel shows of the axis: all, and beside it the bar's surroundings where they are small."""
    scores = [score for row in rows for score in row.scores] or [0.0, 1.0]
    whole = _widened(min(scores), max(scores))
    if bar is None:
        return [whole]
    above = [score for row in rows if row.side == "right" for score in row.scores] or [bar]
    best_wrong = max((middle(row.series) for row in rows if row.side == "wrong" and row.scores), default=bar)
    reach = max(bar - best_wrong, bar - min(above), 0.3 * (max(above) - bar))
    near = _widened(bar - 1.3 * reach, max(scores))
    return [whole, near] if near[1] - near[0] < _CLOSE * (whole[1] - whole[0]) else [whole]


def _widened(low: float, high: float) -> tuple[float, float]:
    margin = 0.03 * (high - low) or 0.01
    return low - margin, high + margin


def _draw_panel(ax: Axes, rows: Sequence[_Row], span: tuple[float, float], bar: float | None) -> None:
    ax.set_xlim(*span)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    for number, row in enumerate(rows):
        shown = [
            (score, at) for score, at in zip(row.scores, _scattered(len(row.scores)), strict=True) if score >= span[0]
        ]
        if shown:
            x, offset = zip(*shown, strict=True)
            ax.plot(
                x, [number + at for at in offset], _MARK[row.side], color=_COLOUR[row.side], markersize=2.6, alpha=0.45,
                markeredgewidth=0,
            )  # fmt: skip
        if row.scores and (median := median_low(row.scores)) >= span[0]:
            ax.plot([median, median], [number - 0.42, number + 0.42], color=_INK, linewidth=1.6)
    if bar is not None:
        ax.axvline(bar, color=_INK, linewidth=1.2, linestyle=(0, (5, 2)))
    split = sum(row.side == "right" for row in rows) - 0.5
    ax.axhline(split, color="#BBBBBB", linewidth=0.8)


def _scattered(count: int) -> list[float]:
    """Heights within a row that keep equal numbers apart: multiples of the golden ratio cover it evenly."""
    return [0.56 * (math.fmod(number * 0.6180339887, 1.0) - 0.5) for number in range(1, count + 1)]


def _name_rows(ax: Axes, rows: Sequence[_Row]) -> None:
    ax.set_yticks(range(len(rows)), [label(row.side, row.name) for row in rows])
    for text, row in zip(ax.get_yticklabels(), rows, strict=True):
        text.set_color(_COLOUR[row.side])


def _write_chances(ax: Axes, rows: Sequence[_Row]) -> None:
    """Beside each row how often it was judged wrongly, and how likely that is at most."""
    for number, row in enumerate(rows):
        broken = trainings(row.series).count(None)
        remark = f"; {broken} broke" if broken else ""
        if row.chance is not None:
            text = f"{_VERB[row.side]} ≤ {percent(row.chance.at_most)}{remark}"
            ax.text(
                1.03, number, text, transform=ax.get_yaxis_transform(), va="center", color=_COLOUR[row.side],
                weight="bold" if row.chance.at_most > LIMIT else "normal",
            )  # fmt: skip


def _write_texts(figure: Figure, axes: Sequence[Any], title: str, entry: Entry, bar: float | None) -> None:
    height = figure.get_size_inches()[1]
    where = ", ".join(part for part in (entry.data, entry.device) if part)
    found = "no bar" if bar is None else f"bar {bar:.3f} (dashed)"
    if bar is not None and entry.bar is None:
        found += ", refused"
    judged = "by one training" if entry.trials == 1 else f"by the median of {entry.trials} trainings"
    dots = f"Each dot is one training, {entry.seeds * entry.trials} for each submission; black: their median"
    if broken := sum(map(silent, entry.numbers["wrong"].values())):
        dots += f". Not drawn: {broken} wrong that never gave a number"
    figure.text(
        _EDGE / _WIDTH, 1 - 0.32 / height, f"{title}: {entry.name} ({where})", size=13, weight="bold", color=_INK
    )
    for line, text in enumerate((f"{found[0].upper()}{found[1:]}; judged {judged}", dots)):
        figure.text(_EDGE / _WIDTH, 1 - (0.54 + 0.18 * line) / height, text, color=_PALE)
    names = [f"{entry.name}, all", f"{entry.name}, near the bar"] if len(axes) > 1 else [entry.name]
    for ax, name in zip(axes, names, strict=True):
        ax.set_xlabel(name)
    beside = axes[-1].get_yaxis_transform()
    axes[-1].text(1.03, -0.85, "wrong verdict, 95 % bound", transform=beside, va="bottom", color=_PALE)
