"""The charts of a class: the distribution of its scores, and the small bars in tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from markupsafe import Markup

from autograder.report.svg import element, line, number, picture, text

_WIDTH, _HEIGHT = 560.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 34.0, 38.0
_MOST_BINS, _MOST_TICKS = 25, 6
_STEPS = 20  # of a bar in a table; the style sheet has a class for each


def histogram(scores: Sequence[float], maximum: float) -> Markup:
    """How many submissions have which score; the last bar includes full marks."""
    points = round_step(maximum, _MOST_BINS)
    counts = bin_counts(scores, maximum, points)
    plot_width, floor = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM
    step, tallest = plot_width / len(counts), max(counts)
    bars: list[Markup] = []
    for i, count in enumerate(counts):
        if count:
            x, height = _LEFT + i * step, max(2.0, (floor - _TOP) * count / tallest)
            said = f"{short(i * points)} to {short(min(maximum, (i + 1) * points))} points: {count}"
            bar = element("rect", element("title", said), x=x + 1, y=floor - height, width=step - 2, height=height)
            bars += [bar, text(x + step / 2, floor - height - 5, str(count), "label", "middle")]
    middle = median(scores)
    at = _LEFT + step * min(len(counts), middle / points)
    anchor = "end" if at > _WIDTH / 2 else "start"
    marker = [
        line(at, 16, at, floor, "marker"),
        text(at + (-6 if anchor == "end" else 6), 14, f"median {short(middle)}", "strong", anchor),
    ]
    said = (
        f"{len(scores)} submissions; median {short(middle)}, lowest {short(min(scores))}, highest {short(max(scores))}."
    )
    axis, columns = _axis(len(counts) * points), element("g", *bars, class_="bars")
    return picture(_WIDTH, _HEIGHT, "Distribution of scores", said, *marker, columns, axis, class_="chart")


def bin_counts(scores: Sequence[float], maximum: float, step: float) -> list[int]:
    """How many scores there are in each step of that many points; the last one includes the maximum."""
    counts = [0] * max(1, math.ceil(maximum / step - 1e-9))
    for score in scores:
        counts[min(len(counts) - 1, max(0, int(score / step + 1e-9)))] += 1
    return counts


def round_step(length: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (and 0.1, 0.2, ...) that divides a length into so many parts at most."""
    unit = 10.0 ** math.floor(math.log10(length / most))
    return next(unit * factor for factor in (1, 2, 5, 10, 20) if length / (unit * factor) <= most + 1e-9)


def width(share: float) -> str:
    """The class of a table's cell that shows a share as a bar, in twentieths; the number itself stands beside it.

    Only none is empty and only all is full. A picture for each row would make large tables slow.
    """
    return f"w{0 if share <= 0 else _STEPS if share >= 1 else min(_STEPS - 1, max(1, round(_STEPS * share)))}"


def short(value: float) -> str:
    """A number for people: at most one decimal."""
    return number(value)


def _axis(length: float) -> Markup:
    """The points from 0 to ``length``."""
    floor, plot_width = _HEIGHT - _BOTTOM, _WIDTH - _LEFT - _RIGHT
    step = round_step(length, _MOST_TICKS - 1)
    parts = [line(_LEFT, floor, _WIDTH - _RIGHT, floor, "axis")]
    for i in range(int(length / step + 1e-9) + 1):
        x = _LEFT + plot_width * i * step / length
        anchor = "start" if i == 0 else "end" if x > _WIDTH - _RIGHT - 10 else "middle"
        parts.append(text(x, floor + 16, short(i * step), "label", anchor))
    parts.append(text(_WIDTH / 2, floor + 33, "points", "label", "middle"))
    return element("g", *parts)
