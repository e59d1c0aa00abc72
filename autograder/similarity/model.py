"""What a comparison of a class finds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fragment:
    """A stretch that two submissions share.

    Attributes:
        a, b: first and last line of it in ``Similarity.texts`` of either; 1-based, both included.
    """

    a: tuple[int, int]
    b: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike.

    Attributes:
        a, b: their slugs, in alphabetical order.
        share_a, share_b: how much of what either wrote is in the other as well, 0 to 1. What few others wrote counts
            for more than what the whole class has.
        fragments: where, in the order of a's lines, which don't overlap; b's may, where a says the same twice.
    """

    a: str
    b: str
    share_a: float
    share_b: float
    fragments: tuple[Fragment, ...]

    @property
    def likeness(self) -> float:
        """What pairs are ranked by and the threshold is about: how much of both together is shared, 0 to 1.

        The harmonic mean: what a short submission has of a long one does not make them alike.
        """
        both = self.share_a + self.share_b
        return 2 * self.share_a * self.share_b / both if both else 0.0


@dataclass(frozen=True)
class Text:
    """A submission as it was compared: its files one after the other, of notebooks the code cells.

    Plain and bounded, but not escaped for HTML.

    Attributes:
        lines: all lines; fragments count them from 1.
        files: name and first line of each file.
    """

    lines: tuple[str, ...]
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Similarity:
    """The result for a class.

    Attributes:
        pairs: those at or above the threshold, most alike first.
        texts: of every submission that is in a pair, by slug.
        threshold: the likeness from which a pair is listed.
        compared: how many submissions were compared.
        note: one or two sentences for people: where the threshold comes from, and what to keep in mind.
        left_out: a line for each submission that could not be compared.
    """

    pairs: tuple[Pair, ...]
    texts: Mapping[str, Text]
    threshold: float
    compared: int
    note: str
    left_out: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Everything but the texts, of plain values."""
        return {
            "threshold": round(self.threshold, 4),
            "compared": self.compared,
            "note": self.note,
            "left_out": list(self.left_out),
            "pairs": [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "share_a": round(pair.share_a, 4),
                    "share_b": round(pair.share_b, 4),
                    "fragments": [{"a": list(part.a), "b": list(part.b)} for part in pair.fragments],
                }
                for pair in self.pairs
            ],
        }
