"""Comparing a class: reading in a locked child, fingerprints, likeness of all pairs, threshold, fragments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograder.errors import ReportError
from autograder.similarity.child import Sources, read_texts, read_units
from autograder.similarity.fingerprints import Fingerprints, Unit, fingerprints
from autograder.similarity.index import Likenesses, likenesses
from autograder.similarity.model import Fragment, Pair, Similarity
from autograder.similarity.threshold import FLOOR, OF_SMALL_CLASS, threshold_of

MAX_PAIRS = 1000
MAX_FRAGMENTS = 200
_PLACES = 20  # of one hash in a submission that are tried
LEAST = 20  # distinct fingerprints; with fewer, anybody's lines are anybody else's


def similar_pairs(
    sources: Sources,
    stub: str = "",
    handout: str = "",
    *,
    on_read: Callable[[int], None] = lambda count: None,
) -> Similarity:
    """Which submissions are alike.

    Args:
        sources: the files of each submission by name, the graded one first, by slug. Each is asked for when it is
            read, and once more when it is in a pair: a mapping that loads them keeps memory flat.
        stub: the text that students filled in.
        handout: its text; code blocks in it are known to everybody.
        on_read: called with the number of submissions that were read so far.

    Raises:
        ReportError: the package that compares is not installed.
    """
    _require_library()
    prints, left_out = _read(sources, stub, handout, on_read)
    slugs = sorted(prints)
    if len(slugs) < 2:
        note = "There are no two submissions to compare."
        return Similarity((), {}, OF_SMALL_CLASS, len(slugs), note, tuple(left_out))
    found = likenesses([prints[slug].hashes for slug in slugs], FLOOR)
    threshold = threshold_of(found, len(slugs))
    places, more = _listed(found, threshold.value)
    pairs = tuple(_pair(found, place, slugs, prints) for place in places)
    texts = read_texts(sources, sorted({slug for pair in pairs for slug in (pair.a, pair.b)}))
    note = threshold.note + (f" {more:,} more pairs are as alike; the first {MAX_PAIRS:,} are listed." if more else "")
    return Similarity(pairs, texts, threshold.value, len(slugs), note, tuple(left_out))


def _require_library() -> None:
    try:
        import copydetect  # noqa: F401
    except ImportError:
        raise ReportError("comparing submissions needs copydetect: pip install 'autograder[report]'") from None


def _read(
    sources: Sources, stub: str, handout: str, on_read: Callable[[int], None]
) -> tuple[dict[str, Fingerprints], list[str]]:
    """The fingerprints of all that can be compared, and a line for each of the others."""
    prints: dict[str, Fingerprints] = {}
    left_out = []
    for number, (slug, units) in enumerate(read_units(sources, stub, handout), start=1):
        on_read(number)
        if isinstance(units, str):
            left_out.append(f"{slug}: {units}")
            continue
        found = fingerprints([Unit(np.array(tokens), np.array(lines)) for tokens, lines in units])
        if len(np.unique(found.hashes)) < LEAST:
            left_out.append(f"{slug}: too little code of its own to compare")
        else:
            prints[slug] = found
    return prints, left_out


def _listed(found: Likenesses, threshold: float) -> tuple[list[int], int]:
    """Positions of the pairs to list, most alike first, and how many more there are."""
    likeness = found.likeness
    order = np.lexsort((found.second, found.first, -np.round(likeness, 6)))
    chosen = order[likeness[order] >= threshold]
    return chosen[:MAX_PAIRS].tolist(), max(0, len(chosen) - MAX_PAIRS)


def _pair(found: Likenesses, place: int, slugs: Sequence[str], prints: dict[str, Fingerprints]) -> Pair:
    a, b = slugs[found.first[place]], slugs[found.second[place]]
    fragments = tuple(_fragments(prints[a], prints[b]))[:MAX_FRAGMENTS]
    return Pair(a, b, float(found.share_first[place]), float(found.share_second[place]), fragments)


def _fragments(a: Fingerprints, b: Fingerprints) -> Iterator[Fragment]:
    """Where two submissions are alike: of each place in a, the longest stretch that is in b, too."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(b.hashes.tolist()):
        if len(places[value]) < _PLACES:
            places[value].append(place)
    one, other = _runnable(a), _runnable(b)
    start, shown = 0, 0  # shown: the last line of a that a fragment holds
    while start < len(one):
        there = _best_place(one, start, other, places[one[start][0]])
        if there is None:
            start += 1
            continue
        length = _run(one, start, other, there)
        first, last = _lines(a, start, length)
        if last > shown:
            yield Fragment((max(first, shown + 1), last), _lines(b, there, length))
            shown = last
        start += length


def _runnable(prints: Fingerprints) -> list[tuple[int, bool]]:
    """Each hash, and whether it is of the same unit as the one before."""
    goes_on = np.diff(prints.unit, prepend=-1) == 0
    return list(zip(prints.hashes.tolist(), goes_on.tolist(), strict=True))


def _best_place(
    a: Sequence[tuple[int, bool]], start: int, b: Sequence[tuple[int, bool]], places: Sequence[int]
) -> int | None:
    """The first of the places from which on most is equal."""
    return max(places, key=lambda there: _run(a, start, b, there), default=None)


def _run(a: Sequence[tuple[int, bool]], start: int, b: Sequence[tuple[int, bool]], there: int) -> int:
    """How many hashes are equal from these places on, within a unit."""
    most = min(len(a) - start, len(b) - there)
    for length in range(1, most):
        (one, goes_on), (other, goes_on_there) = a[start + length], b[there + length]
        if one != other or not goes_on or not goes_on_there:
            return length
    return most


def _lines(prints: Fingerprints, start: int, length: int) -> tuple[int, int]:
    stretch = slice(start, start + length)
    return int(prints.first[stretch].min()), int(prints.last[stretch].max())
