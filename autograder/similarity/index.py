"""How alike all pairs of a class are, by an index from fingerprints to who has them.

Work goes with what is shared, not with the square of the class times the length of its texts; memory with the length
of all texts together, and a histogram in the place of all pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.similarity.fingerprints import Numbers

BINS = 1000
_OF_ALL = 0.25  # what a fingerprint is worth that a whole class has
_FEW = 20  # submissions, among whom nothing can be said to be common
_AT_ONCE = 2_000_000  # entries of the index that are added up in one go


@dataclass(frozen=True)
class Likenesses:
    """All pairs of a class.

    Attributes:
        counts: how many pairs lie in each of ``BINS`` equal steps from 0 to 1.
        first, second: positions of the pairs that are alike enough to be looked at; first < second.
        share_first, share_second: how much of either is in the other.
    """

    counts: Numbers
    first: Numbers
    second: Numbers
    share_first: Numbers
    share_second: Numbers

    @property
    def pairs(self) -> int:
        """How many there are, of any likeness."""
        return int(self.counts.sum())

    @property
    def likeness(self) -> Numbers:
        """Of the pairs to be looked at: the harmonic mean of their shares."""
        both = self.share_first + self.share_second
        harmonic: Numbers = 2 * self.share_first * self.share_second / both
        return harmonic

    def quantile(self, share: float) -> float:
        """The likeness that this share of all pairs does not exceed."""
        reached = np.searchsorted(np.cumsum(self.counts), share * self.pairs)
        return min(int(reached) + 0.5, BINS) / BINS if reached else 0.0


def likenesses(class_hashes: Sequence[Numbers], at_least: float) -> Likenesses:
    """Compare everybody with everybody.

    A fingerprint counts for less the more have it, down to a quarter for what everybody has: not to nothing, or a class
    that copied from one source would have nothing in common.

    Args:
        class_hashes: the fingerprints of each submission, of two or more; none is empty.
        at_least: the likeness from which a pair is kept.
    """
    index = _Index(class_hashes)
    counts = np.zeros(BINS, dtype=np.int64)
    kept: list[tuple[Numbers, ...]] = []
    for number, shared in index.rows():
        others = index.totals[number + 1 :]
        likeness = 2 * shared / (index.totals[number] + others)
        counts += np.bincount(np.minimum((likeness * BINS).astype(np.int64), BINS - 1), minlength=BINS)
        (close,) = np.nonzero(likeness >= at_least)
        kept.append(
            (
                np.full(len(close), number),
                close + number + 1,
                shared[close] / index.totals[number],
                shared[close] / others[close],
            )
        )
    empty = np.zeros(0, dtype=np.int64)
    columns = [np.concatenate(column) for column in zip(*kept, strict=True)] if kept else [empty] * 4
    return Likenesses(counts, *columns)


def worth(having: Numbers, size: int) -> Numbers:
    """What a fingerprint counts for that so many of a class have; two are no crowd, and nor is a whole small class."""
    lost: Numbers = np.maximum(having - 2, 0) / (max(size, _FEW) - 2) * (1 - _OF_ALL)
    return 1 - lost


class _Index:
    """Who has which fingerprint, and what that is worth.

    Attributes:
        totals: the worth of all that each submission has.
    """

    def __init__(self, class_hashes: Sequence[Numbers]):
        distinct = [np.unique(hashes) for hashes in class_hashes]
        self._size = len(distinct)
        owners = np.repeat(np.arange(self._size), [len(hashes) for hashes in distinct])
        _, ids, self._having = np.unique(np.concatenate(distinct), return_inverse=True, return_counts=True)
        self._worth = worth(self._having, self._size)
        self._ids = np.split(ids, np.cumsum([len(hashes) for hashes in distinct])[:-1])
        self._owners = owners[np.argsort(ids, kind="stable")]
        self._starts = np.cumsum(self._having) - self._having
        self.totals = np.bincount(owners, self._worth[ids], self._size)

    def rows(self) -> Iterator[tuple[int, Numbers]]:
        """Of each submission, the worth of what it shares with each later one."""
        for number, ids in enumerate(self._ids[:-1]):
            shared = np.zeros(self._size)
            common = ids[self._having[ids] > 1]
            for part in np.array_split(common, math.ceil(self._having[common].sum() / _AT_ONCE) or 1):
                shared += self._shared(part)
            yield number, shared[number + 1 :]

    def _shared(self, ids: Numbers) -> Numbers:
        lengths = self._having[ids]
        # Positions of all owners of all these fingerprints: each run starts where the index has it.
        runs = np.repeat(self._starts[ids] - (np.cumsum(lengths) - lengths), lengths)
        owners = self._owners[runs + np.arange(len(runs))]
        return np.bincount(owners, np.repeat(self._worth[ids], lengths), self._size)
