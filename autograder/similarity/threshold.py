"""From which likeness on a pair is worth a look, by the class itself.

How alike independent work is depends on the task: where few lines are to fill in, and the handout says how, everybody's
are alike. So the class is its own measure. Nearly all of its pairs are pairs of people who don't know one another; by
the median and the upper quartile of all pairs we know how they are spread, and from which likeness on fewer than one
pair in two such classes would be alike by chance, if the tail falls as a normal distribution's does. Copies hardly move
the two numbers: a ring must hold half of the class before its pairs are a quarter of all.

Two limits hold whatever the class says: below ``FLOOR`` nobody is listed, at ``CEILING`` and above everybody is. Where
they come from: independent right solutions of this course's assignments are alike by 0.12 at most, of parallel_training
by 0.23, since processes are started and joined in much the same way by all; copies with one function rewritten by 0.78
at least; copies with other names, comments, layout and order of functions by 0.9. A class of fewer than ``SMALL_CLASS``
says too little about chance; for it a fixed likeness holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from autograder.similarity.index import Likenesses

FLOOR, CEILING = 0.5, 0.9
SMALL_CLASS, OF_SMALL_CLASS = 12, 0.7
_BY_CHANCE = 0.5  # pairs of a class that may be listed though nobody copied
_QUARTILE = NormalDist().inv_cdf(0.75)

_A_LOOK = "Alike is no proof of anything: look at both before asking anyone."


@dataclass(frozen=True)
class Threshold:
    """The likeness from which on pairs are listed, and where it comes from, in a sentence or two."""

    value: float
    note: str


def threshold_of(likenesses: Likenesses, size: int) -> Threshold:
    """The threshold of a class of that size."""
    if size < SMALL_CLASS:
        return Threshold(
            OF_SMALL_CLASS,
            f"{size} submissions are too few to say what chance does; listed is what is alike by "
            f"{OF_SMALL_CLASS:.2f} or more. {_A_LOOK}",
        )
    middle, upper = likenesses.quantile(0.5), likenesses.quantile(0.75)
    reached = NormalDist().inv_cdf(1 - _BY_CHANCE / likenesses.pairs)
    value = middle + (upper - middle) / _QUARTILE * reached
    spread = f"half of all {likenesses.pairs:,} pairs are alike by {middle:.2f} or less, three quarters by {upper:.2f}"
    if value > CEILING:
        return Threshold(CEILING, f"The whole class is alike: {spread}. {_why_all(middle)} {_A_LOOK}")
    if value < FLOOR:
        return Threshold(FLOOR, f"In this class {spread}: whatever is alike by {FLOOR:.2f} stands out. {_A_LOOK}")
    return Threshold(value, f"In this class {spread}; {value:.2f} is more than chance explains. {_A_LOOK}")


def _why_all(middle: float) -> str:
    if middle >= CEILING:
        return "Either the task leaves one way to write it, or most have it from one source."
    return f"Chance can't be told from copying below {CEILING:.2f}."
