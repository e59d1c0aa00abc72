"""Fingerprints of token streams, by winnowing: few of all the hashes, yet any two equal stretches share one.

Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting" (2003). Equal stretches of
``GUARANTEED`` tokens are always found, and none shorter than ``GRAM``. The choice of hashes is copydetect's. Its other
parts are not used: it compares characters with all names alike (``x.exp()`` equals ``y.log()``), leaves in what
students received where that repeats, hashes differently in each process, and goes through all pairs one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GRAM = 10  # tokens of a hash, about a line and a half
WINDOW = 5  # hashes of which at least one is kept
GUARANTEED = GRAM + WINDOW - 1
SHORTEST = 6  # tokens of a unit that is too short for such a hash and still says something
_SHIFT = np.uint64(12)  # 52 bits are left: the library compares hashes as float64
_FACTOR, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)

Numbers = np.ndarray[Any, np.dtype[Any]]  # of one dimension, whole numbers


@dataclass(frozen=True)
class Unit:
    """A unit's tokens as numbers, and the line of each."""

    tokens: Numbers
    lines: Numbers


@dataclass(frozen=True)
class Fingerprints:
    """What is kept of a submission, in the order of its text; a hash may occur several times.

    Attributes:
        hashes: the fingerprints.
        unit: in which unit each was found.
        first, last: the lines that it was made of.
    """

    hashes: Numbers
    unit: Numbers
    first: Numbers
    last: Numbers


def fingerprints(units: Sequence[Unit]) -> Fingerprints:
    """The fingerprints of a submission."""
    rows = [_of_unit(unit, number) for number, unit in enumerate(units) if len(unit.tokens) >= SHORTEST]
    return Fingerprints(*(np.concatenate(column) for column in zip(*rows, strict=True)) if rows else [_NONE] * 4)


_NONE = np.zeros(0, dtype=np.int64)


def _of_unit(unit: Unit, number: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    from copydetect.utils import winnow  # imports matplotlib: only for who compares

    length = min(GRAM, len(unit.tokens))
    hashes, places = winnow(_hashes(unit.tokens, length), WINDOW, remove_duplicates=False)
    return hashes, np.full(len(places), number), unit.lines[places], unit.lines[places + length - 1]


def _hashes(tokens: Numbers, length: int) -> Numbers:
    """A hash of every run of ``length`` tokens."""
    count = len(tokens) - length + 1
    hashes = np.full(count, length, dtype=np.uint64)
    for offset in range(length):
        hashes = (hashes ^ tokens[offset : offset + count].astype(np.uint64)) * _FACTOR
        hashes ^= hashes >> _SPREAD
    return (hashes >> _SHIFT).astype(np.int64)
