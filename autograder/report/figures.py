"""What tests saw, as pictures: where a result is wrong, how a model trained, which classes it confuses.

A record's figure is numbers (``core.outcome.Figure``); nothing of it is trusted to be finite, or whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder.core.text import one_line
from autograder.report.charts import round_step
from autograder.report.svg import element, line, number, picture, text

_LEVELS = 7  # shades between nothing and the largest value
_Grid = Sequence[Sequence[float | None]]


@dataclass(frozen=True)
class HeatMap:
    """A heat map ready to be drawn.

    Attributes:
        columns, rows: its size in cells.
        paths: for each shade from 0 (none) to 7 (the largest), and last the cells without a number, their outline;
            "" where there is no such cell.
        caption: what the shades mean.
    """

    columns: int
    rows: int
    paths: tuple[str, ...]
    caption: str


@dataclass(frozen=True)
class Drawn:
    """A figure as a page shows it.

    Attributes:
        title: heading.
        picture: an SVG, or a table that is its own picture.
        caption: one line below it.
        header, rows: the numbers as a table, for those who don't see the picture; no rows where it is a table itself.
        kind: as in the record.
    """

    title: str
    picture: Markup
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str


def draw(figure: Mapping[str, Any]) -> Drawn | None:
    """A record's figure as a page shows it; None for one that is empty or of a kind that is not known here."""
    values = [list(row) for row in figure.get("values", ()) if row]
    drawers = {"heatmap": _draw_heat_map, "curve": _draw_curve, "confusion": _draw_confusion}
    if not values or figure.get("kind") not in drawers or all(value is None for row in values for value in row):
        return None
    width = max(map(len, values))
    return drawers[figure["kind"]](figure, [row + [None] * (width - len(row)) for row in values])


# ---------------------------------------------------------------------------------------------------------------------
# Heat maps
# ---------------------------------------------------------------------------------------------------------------------


def heat_map(values: _Grid) -> HeatMap:
    """Shades by the square root of a value's share of the largest, so that small errors are seen beside large ones."""
    largest = max((value for row in values for value in row if value is not None), default=0.0)
    paths = [""] * (_LEVELS + 2)
    for y, row in enumerate(values):
        x = 0
        while x < len(row):
            shade, start = _shade(row[x], largest), x
            while x < len(row) and _shade(row[x], largest) == shade:  # neighbours of one shade are one outline
                x += 1
            paths[shade] += f"M{start} {y}h{x - start}v1h{start - x}z"
    odd = sum(value is None for row in values for value in row)
    caption = f"white: 0, darkest: {_short(largest)}" + (f"; crossed out: {odd} without a number" if odd else "")
    return HeatMap(len(values[0]), len(values), tuple(paths), caption)


def _shade(value: float | None, largest: float) -> int:
    if value is None:
        return _LEVELS + 1
    if value <= 0 or largest <= 0:
        return 0
    return max(1, round(_LEVELS * math.sqrt(value / largest)))


def _draw_heat_map(figure: Mapping[str, Any], values: list[list[float | None]]) -> Drawn:
    drawn = heat_map(values)
    cells = [element("path", d=path, class_=f"h{i}") for i, path in enumerate(drawn.paths) if path]
    cell = min(18.0, 360 / drawn.columns, 260 / drawn.rows)
    width, height = cell * drawn.columns, cell * drawn.rows
    area = element("g", *cells, transform=f"translate(20 20) scale({cell:.3f})")
    frame = element("rect", x=20.0, y=20.0, width=width, height=height, class_="frame")
    x_name, y_name = _name(figure, "x", "column"), _name(figure, "y", "row")
    names = [
        text(20, 13, x_name, "label"),
        element("text", y_name, class_="label", transform=f"translate(13 {number(20 + height)}) rotate(-90)"),
    ]
    said = f"{drawn.rows} by {drawn.columns} cells, largest at {_place_of_largest(values)}; {drawn.caption}."
    size = max(width, 130) + 24, max(height, 60) + 24
    svg = picture(*size, _title(figure), said, area, frame, *names, class_="heat", fixed=True)
    small = drawn.columns <= 12 and drawn.rows <= 12
    shown = values if small else []
    rows = tuple((str(i), *(_short(value) for value in row)) for i, row in enumerate(shown))
    return Drawn(_title(figure), svg, drawn.caption, ("", *map(str, range(drawn.columns))), rows, "heatmap")


def _place_of_largest(values: _Grid) -> str:
    known = [(value, y, x) for y, row in enumerate(values) for x, value in enumerate(row) if value is not None]
    _, y, x = max(known, key=lambda item: item[0])
    return f"row {y}, column {x}"


# ---------------------------------------------------------------------------------------------------------------------
# Curves
# ---------------------------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT = 350.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 114.0, 26.0, 36.0
_TICKS = 4


def _draw_curve(figure: Mapping[str, Any], values: list[list[float | None]]) -> Drawn:
    known = [value for row in values for value in row if value is not None]
    low, high = min(0.0, *known), max(known)
    high = high if high > low else low + 1
    steps = len(values[0])
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(step: int, value: float) -> tuple[float, float]:
        across = _LEFT + (right - _LEFT) * (step / (steps - 1) if steps > 1 else 0.5)
        return across, floor - (floor - _TOP) * (value - low) / (high - low)

    names = _names(figure, len(values))
    lines = [_one_line(row, place, i) for i, row in enumerate(values)]
    axis = [line(_LEFT, floor, right, floor, "axis")]
    step = round_step(high - low, _TICKS)
    for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        value = i * step
        y = place(0, value)[1]
        axis += [line(_LEFT, y, right, y, "grid"), text(_LEFT - 6, y + 4, _short(value), "label", "end")]
    ticks = sorted({0, steps // 2, steps - 1})
    axis += [text(place(i, low)[0], floor + 15, str(i + 1), "label", "middle") for i in ticks]
    x_name, y_name = _name(figure, "x", "step"), _name(figure, "y", "value")
    axis += [text((_LEFT + right) / 2, floor + 31, x_name, "label", "middle"), text(4, 13, y_name, "label")]
    ends = _ends(values, names, place)
    said = "; ".join(_course_of(name, row) for name, row in zip(names, values, strict=True))
    said = f"{y_name} by {x_name}: {said}."
    parts = (*axis, *lines, *ends)
    svg = picture(_WIDTH, _HEIGHT, _title(figure), said, *parts, class_="curve-picture", fixed=True)
    rows = tuple((name, *(_short(value) for value in row)) for name, row in zip(names, values, strict=True))
    return Drawn(_title(figure), svg, "", ("", *(str(i + 1) for i in range(steps))), rows, "curve")


def _one_line(row: Sequence[float | None], place: Any, which: int) -> Markup:
    """A row's line, with gaps where it has no number, and dots for numbers that stand alone."""
    parts, dots, pen_down = "", [], False
    for step, value in enumerate(row):
        if value is not None:
            x, y = place(step, value)
            alone = not pen_down and (step + 1 == len(row) or row[step + 1] is None)
            if alone:
                dots.append(element("circle", cx=x, cy=y, r=2.5, class_="dot"))
            parts += "" if alone else f"{'L' if pen_down else 'M'}{number(x)} {number(y)}"
        pen_down = value is not None
    return element("g", element("path", d=parts, class_=f"line line{which % 4}"), *dots)


def _ends(values: _Grid, names: Sequence[str], place: Any) -> list[Markup]:
    """Names at the right ends of their lines, pushed apart where lines end close to each other."""
    last: list[tuple[float, str]] = []
    for name, row in zip(names, values, strict=True):
        known = [(i, value) for i, value in enumerate(row) if value is not None]
        if known:
            last.append((place(*known[-1])[1], f"{name} {_short(known[-1][1])}".strip()))
    last.sort()
    drawn, above = [], -15.0
    for wanted, said in last:
        above = max(wanted, above + 15)
        drawn.append(text(_WIDTH - _RIGHT + 8, above + 4, _cut(said, 17), "strong"))
    return drawn


def _course_of(name: str, row: Sequence[float | None]) -> str:
    known = [value for value in row if value is not None]
    return f"{name or 'it'} goes from {_short(known[0])} to {_short(known[-1])}" if known else f"{name} has no numbers"


# ---------------------------------------------------------------------------------------------------------------------
# Confusion
# ---------------------------------------------------------------------------------------------------------------------


def _draw_confusion(figure: Mapping[str, Any], values: list[list[float | None]]) -> Drawn:
    """A table that is its own picture: cells are shaded by their share of the row."""
    names = _names(figure, max(len(values), len(values[0])))
    names = tuple(name or str(i) for i, name in enumerate(names))
    head = element(
        "tr", element("td"), *(element("th", _cut(name, 10), scope="col") for name in names[: len(values[0])])
    )
    body = []
    for name, row in zip(names, values, strict=False):
        total = sum(value for value in row if value is not None and value > 0)
        cells = [element("td", _count(value), class_=_tone(value, total)) for value in row]
        body.append(element("tr", element("th", _cut(name, 10), scope="row"), *cells))
    caption = f"rows: {_name(figure, 'y', 'true class')}, columns: {_name(figure, 'x', 'predicted class')}"
    table = element(
        "table",
        element("caption", _title(figure), class_="unseen"),
        element("thead", head),
        element("tbody", *body),
        class_="confusion",
    )
    return Drawn(_title(figure), table, caption, (), (), "confusion")


def _tone(value: float | None, total: float) -> str | None:
    share = value / total if value and total else 0.0
    return f"c{max(1, round(5 * share))}" if share > 0 else None


def _count(value: float | None) -> str:
    return "" if value is None else "·" if value == 0 else _short(value)


# ---------------------------------------------------------------------------------------------------------------------
# Words
# ---------------------------------------------------------------------------------------------------------------------


def _title(figure: Mapping[str, Any]) -> str:
    return one_line(str(figure.get("title", "")), 120)


def _name(figure: Mapping[str, Any], axis: str, otherwise: str) -> str:
    return _cut(one_line(str(figure.get(axis, ""))) or otherwise, 40)


def _names(figure: Mapping[str, Any], count: int) -> tuple[str, ...]:
    names = [one_line(str(name), 60) for name in figure.get("names", ())][:count]
    return (*names, *[""] * (count - len(names)))


def _cut(label: str, length: int) -> str:
    return label if len(label) <= length else f"{label[: length - 1]}…"


def _short(value: float | None) -> str:
    if value is None:
        return "–"
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else f"{value:.3g}"
