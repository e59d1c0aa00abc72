"""Pictures that a test leaves beside its verdict: where a result is wrong, how a model trained, what it confuses.

Promises: a figure never changes a verdict, whatever a submission returned; its numbers are finite or None, its size is
bounded, and the same values make the same figure. Figures are kept by the judge alone: in a student's own run of the
tests nothing is collected.

What is shown to whom: a figure of a public test is for its student too, one of a hidden test for staff only, unless the
test says ``for_students=True``. That is right where it shows the submission's own behaviour (its loss, which digits it
takes for which), and wrong where it shows what a hidden test sent or expects.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import torch

from autograder.core.outcome import Figure
from autograder.core.text import one_line
from autograder.errors import TestDefect

_SIDE = 32  # rows and columns of a heat map, classes of a confusion
_POINTS = 200  # of a curve
_LINES = 8  # in a curve: a model is trained this often at most, but for absurd rules
_FIGURES = 6  # a test
_LONGEST = 10**6  # values that a curve is made of; more come from no training
_TEXT = 120  # characters of a title, a name
_ATTRIBUTE = "_autograder_figure"

Failure = TypeVar("Failure", bound=BaseException)


# ---------------------------------------------------------------------------------------------------------------------
# Collecting
# ---------------------------------------------------------------------------------------------------------------------


class Figures:
    """What the test that runs now has shown so far."""

    def __init__(self) -> None:
        self._by_title: dict[tuple[str, str], Figure] = {}

    def add(self, figure: Figure) -> None:
        """Keep a figure; one that is there under its kind and title takes it in (lines side by side, counts added)."""
        key = figure["kind"], figure["title"]
        if key in self._by_title:
            _take_in(self._by_title[key], figure)
        elif len(self._by_title) < _FIGURES:
            self._by_title[key] = figure

    def take(self, failure: BaseException | None, *, public: bool) -> tuple[Figure, ...]:
        """All of a test that has ended, with that of its failure, and forget them.

        Args:
            failure: what ended the test.
            public: whether the test is one that students have.
        """
        own: Figure | None = getattr(failure, _ATTRIBUTE, None)
        taken = [*([] if own is None else [own]), *self._by_title.values()]
        self._by_title.clear()
        for figure in taken:
            figure["shown"] = figure["shown"] or public
            _name_lines(figure)
        return tuple(taken)


_NOW: ContextVar[Figures | None] = ContextVar("figures", default=None)


@contextmanager
def collected_figures() -> Iterator[Figures]:
    """Collect what tests show while this is open."""
    figures = Figures()
    token = _NOW.set(figures)
    try:
        yield figures
    finally:
        _NOW.reset(token)


def with_figure(failure: Failure, figure: Figure | None) -> Failure:
    """A failure with the figure that explains it, for whoever notes the verdict."""
    if figure is not None:
        setattr(failure, _ATTRIBUTE, figure)
    return failure


def _take_in(old: Figure, new: Figure) -> None:
    if old["kind"] == "curve":
        old["values"] = [*old["values"], *new["values"]][:_LINES]
    elif len(old["values"]) == len(new["values"]):
        pairs = zip(old["values"], new["values"], strict=True)
        old["values"] = [[(a or 0) + (b or 0) for a, b in zip(*rows, strict=True)] for rows in pairs]


def _name_lines(figure: Figure) -> None:
    """The only line of a curve needs no name; several are told apart by a number."""
    if figure["kind"] == "curve":
        line = figure.pop("names")[0]
        if (count := len(figure["values"])) > 1:
            figure["names"] = [f"{line} {number}" for number in range(1, count + 1)]


# ---------------------------------------------------------------------------------------------------------------------
# What tests show
# ---------------------------------------------------------------------------------------------------------------------


def show_curve(
    title: str, values: Any, *, x: str, y: str, parts: int, line: str = "training", for_students: bool = False
) -> None:
    """Show how a number developed; shown again under the same title, it becomes another line of the same figure.

    Args:
        values: a 1-D tensor, as the submission reports it (the loss of each step, say); anything else is not shown.
        parts: how many points the curve gets (epochs, say): each is the mean of an equal part of the values.
        line: what each line is of; several are numbered.
        for_students: they see it also where the test is hidden.
    """
    if parts < 1:
        raise TestDefect(f"a curve has one point or more, not {parts}")
    figures = _NOW.get()
    if figures is None or not _is_plain(values) or values.dim() != 1 or not 0 < len(values) <= _LONGEST:
        return
    pieces = values.detach().to(torch.float64).tensor_split(min(parts, _POINTS, len(values)))
    row = [_number(float(piece.mean()), digits=4) for piece in pieces]
    names = [one_line(line, _TEXT)]
    figures.add(_figure("curve", title, x, y, [row], for_students, names))


def show_confusion(
    title: str, truth: torch.Tensor, predicted: Any, *, names: Sequence[object], for_students: bool = False
) -> None:
    """Show how often each class was taken for each; shown again under the same title, counts add up.

    Args:
        truth: int64 (N,), the true class of each example, in 0..C-1.
        predicted: (N,), the classes that a model says, under the names of ``truth``; what is none of them is left out.
        names: of the C classes; with more than 32 there is nothing to see, and nothing is shown.
        for_students: they see it also where the test is hidden.
    """
    classes = len(names)
    if truth.dim() != 1 or truth.dtype != torch.int64 or bool(((truth < 0) | (truth >= classes)).any()):
        raise TestDefect(f"true classes are int64 (N,) in 0..{classes - 1}")
    figures = _NOW.get()
    if figures is None or not 0 < classes <= _SIDE or not _is_plain(predicted) or predicted.shape != truth.shape:
        return
    if predicted.is_floating_point() or predicted.dtype == torch.bool:
        return
    said = predicted.detach().to(torch.int64)
    known = (said >= 0) & (said < classes)
    cells = truth[known] * classes + said[known]
    counts: list[list[float | None]] = torch.bincount(cells, minlength=classes**2).reshape(classes, classes).tolist()
    labels = [one_line(str(name), _TEXT) for name in names]
    figures.add(_figure("confusion", title, "predicted class", "true class", counts, for_students, labels))


# ---------------------------------------------------------------------------------------------------------------------
# What judgements show
# ---------------------------------------------------------------------------------------------------------------------


def error_map(
    label: str, actual: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor, axes: tuple[str, str] | None = None
) -> Figure | None:
    """A heat map of where a result is wrong; None for what is not two-dimensional, or has a single row or column.

    An entry is 0 where the result is right, and else its error relative to the larger of the two sizes: 0.5 for a
    factor 2, 1 for a 0 in the place of a number, 2 for the wrong sign, None for NaN or an infinity. Of a large result
    each cell is the worst of a block of entries.

    Args:
        label: what is judged.
        wrong: mask of the entries that are not right.
        axes: what rows and columns are; default: "row", "column".
    """
    if actual.dim() != 2 or min(actual.shape) < 2 or actual.shape != expected.shape:
        return None
    error = _relative_error(actual, expected).where(wrong, 0.0)
    blocks = [math.ceil(size / _SIDE) for size in error.shape]
    values = [[_number(value, digits=3) for value in row] for row in _largest_by_block(error, blocks).tolist()]
    row, column = (
        axis if block == 1 else f"{axis}, {block} in a cell"
        for axis, block in zip(axes or ("row", "column"), blocks, strict=True)
    )
    return _figure("heatmap", f"Relative error of {label}", column, row, values, shown=False)


def _relative_error(actual: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """|a - e| / max(|a|, |e|), in [0, 2]; NaN where one of them is NaN or infinite."""
    wide = torch.complex128 if actual.is_complex() or expected.is_complex() else torch.float64
    a, e = actual.detach().to(wide), expected.detach().to(wide)
    size = torch.maximum(a.abs(), e.abs())
    # Divided first: a difference of large numbers overflows. Where both are 0 the result is right, and 0 / 0 unused.
    return (a / size - e / size).abs().where(size.isfinite(), math.nan)


def _largest_by_block(x: torch.Tensor, blocks: Sequence[int]) -> torch.Tensor:
    """The largest entry of each block (NaN counts as largest), the last ones short."""
    rows, columns = blocks
    short = -x.shape[1] % columns, -x.shape[0] % rows
    padded = torch.nn.functional.pad(x, (0, short[0], 0, short[1]), value=-math.inf)
    shape = padded.shape[0] // rows, rows, padded.shape[1] // columns, columns
    return padded.reshape(shape).amax(dim=(1, 3))


def _figure(
    kind: Any, title: str, x: str, y: str, values: list[list[float | None]], shown: bool, names: list[str] | None = None
) -> Figure:
    title, x, y = (one_line(text, _TEXT) for text in (title, x, y))
    figure: Figure = {"kind": kind, "title": title, "x": x, "y": y, "values": values, "shown": shown}
    return figure if names is None else {**figure, "names": names}


def _is_plain(value: object) -> bool:
    return type(value) is torch.Tensor and value.layout is torch.strided and not value.is_complex()


def _number(value: float, digits: int) -> float | None:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
