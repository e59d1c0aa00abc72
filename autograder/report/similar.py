"""Submissions that are alike, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.core.text import plain_text
from autograder.report.gather import Row

if TYPE_CHECKING:
    from autograder.similarity.model import Pair, Similarity, Text

_WITH_TEXT = 40  # pairs that are shown with their sources; the others are listed
_AROUND = 3  # lines before and after what is shared
_LINES, _WIDTH = 600, 200  # of a source, at most


@dataclass(frozen=True)
class Line:
    """A line of a source.

    Attributes:
        fragment: the fragment that it is part of, counted from 1; 0: none.
        after_gap: lines before it are left out.
    """

    number: int
    text: str
    fragment: int
    after_gap: bool


@dataclass(frozen=True)
class Side:
    """One submission of a pair.

    Attributes:
        index: of its row in the table; None where it has none.
        lines: what is shared and some lines around it; () where the source is not shown.
    """

    index: int | None
    student: str
    share: float
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PairView:
    """A pair as the page shows it: its two sides, how alike they are, and in how many stretches."""

    sides: tuple[Side, ...]
    likeness: float
    fragments: int


def pair_views(similarity: Similarity, rows: Sequence[Row]) -> list[PairView]:
    """The pairs, most alike first; the first of them with their sources."""
    index = {row.summary.slug: i for i, row in enumerate(rows)}
    views = []
    for position, pair in enumerate(similarity.pairs):
        sides = []
        for slug, share, which in ((pair.a, pair.share_a, "a"), (pair.b, pair.share_b, "b")):
            text = similarity.texts.get(slug) if position < _WITH_TEXT else None
            lines = _lines(text, pair, which) if text is not None else ()
            at = index.get(slug)
            sides.append(Side(at, slug if at is None else rows[at].summary.student, share, lines))
        views.append(PairView(tuple(sides), pair.likeness, len(pair.fragments)))
    return views


def _lines(text: Text, pair: Pair, side: str) -> tuple[Line, ...]:
    fragment: dict[int, int] = {}
    near: set[int] = set()
    for number, part in enumerate(pair.fragments, start=1):
        first, last = part.a if side == "a" else part.b
        fragment.update(dict.fromkeys(range(first, last + 1), number))
        near.update(range(max(1, first - _AROUND), min(len(text.lines), last + _AROUND) + 1))
    shown = sorted(near)[:_LINES]
    return tuple(
        Line(
            number,
            plain_text(text.lines[number - 1], _WIDTH).replace("\n", " "),
            fragment.get(number, 0),
            after_gap=number - 1 != before,
        )
        for before, number in zip([0, *shown], shown, strict=False)
    )
