"""From the numbers of single trainings to a bar, and to what is known of the chances that it judges wrongly.

Trainings are independent: each has its own data and its own seed. So of n trainings of one submission the number k on
the wrong side of the bar (below it for a right submission, at or above it for a wrong one) is binomial, and one-sided
Clopper-Pearson bounds its parameter p: at a confidence of 95 %, p is at most the p at which k or fewer of n have a
probability of 5 % (Clopper and Pearson, Biometrika 26, 1934; with k = 0 about 3/n, the rule of three).

A test judges the median of m trainings, which is much rarer on the wrong side than one training: then at least
h = ceil(m / 2) of the m are. For an odd m this is exact, for an even one it is a bound; either way the chance grows
with p, so the bound of p gives that of the median:

- A right submission fails with a chance of at most P(B >= h), B ~ Bin(m, p). A second look can only save it.
- A wrong one passes with a chance of at most P(B >= h) + P(B < h and B + B' >= m), B' another Bin(m, p): the second
  look takes the median of all 2m, which reaches the bar only if at least m of them do. It is counted as if every miss
  got one, though only those near the bar do.

Each bound holds with 95 % for its submission, not for all of them at once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.calibration.subjects import SIDES, Side, label
from autograder.core.assignment import BarRule
from autograder.errors import CalibrationError

CONFIDENCE = 0.95
LIMIT = 0.05  # a bar is used when no right submission fails, and no wrong one passes, with a chance above this
_LEAST_SPREAD = 0.25  # of the gap between right and wrong

Scores = tuple[float | None, ...]  # of one seed, a number a training; None: it gave none
Series = Sequence[Scores]  # a seed each
Numbers = Mapping[Side, Mapping[str, Series]]


@dataclass(frozen=True)
class Chance:
    """How likely a submission is judged wrongly: a right one fails, a wrong one passes.

    Attributes:
        trainings: how many were on the wrong side of the bar.
        medians: how many seeds' medians were, before any second look.
        estimate: the chance, were the share of such trainings exact.
        at_most: its upper bound.
    """

    trainings: int
    medians: int
    estimate: float
    at_most: float


@dataclass(frozen=True)
class Assessment:
    """What a bar is worth.

    Attributes:
        chances: of failing for the right side, of passing for the wrong one, by name.
        problems: why it is not to be used, a line each.
    """

    chances: Mapping[Side, Mapping[str, Chance]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def upper_bound(count: int, total: int) -> float:
    """The one-sided Clopper-Pearson bound of a probability of which ``count`` of ``total`` cases were seen."""
    try:
        from scipy.stats import binomtest
    except ImportError:
        raise CalibrationError("bounds need the package scipy: pip install 'autograder[calibrate]'") from None
    interval = binomtest(count, total, alternative="less").proportion_ci(CONFIDENCE, method="exact")
    return float(interval.high)


def chance_of_failing(p: float, trials: int) -> float:
    """The most that a right submission can fail with, of whose trainings a share ``p`` is below the bar."""
    return _at_least(_half(trials), trials, p)


def chance_of_passing(p: float, trials: int, *, second_look: bool) -> float:
    """The most that a wrong submission can pass with, of whose trainings a share ``p`` reaches the bar."""
    half = _half(trials)
    later = (_exactly(n, trials, p) * _at_least(trials - n, trials, p) for n in range(half)) if second_look else ()
    return _at_least(half, trials, p) + math.fsum(later)


def _half(trials: int) -> int:
    return math.ceil(trials / 2)


def _exactly(count: int, total: int, p: float) -> float:
    return math.comb(total, count) * p**count * (1 - p) ** (total - count)


def _at_least(count: int, total: int, p: float) -> float:
    return math.fsum(_exactly(n, total, p) for n in range(count, total + 1))


def least_seeds(rule: BarRule) -> int:
    """How many seeds it takes to bound the chances by the limit where right and wrong are clearly apart."""
    seeds = 1
    while _most("wrong", rule, upper_bound(0, seeds * rule.trials)) > LIMIT:
        seeds += 1
    return seeds


def _most(side: Side, rule: BarRule, p: float) -> float:
    if side == "right":
        return chance_of_failing(p, rule.trials)
    return chance_of_passing(p, rule.trials, second_look=rule.regrade_within > 0)


def trainings(series: Series) -> list[float | None]:
    """The numbers of all seeds."""
    return [score for scores in series for score in scores]


def silent(series: Series) -> bool:
    """Whether no training gave a number."""
    return all(score is None for score in trainings(series))


def middle(series: Series) -> float:
    """The median training; one that gave no number counts as lower than all."""
    return statistics.median_low(-math.inf if score is None else score for score in trainings(series))


def propose(numbers: Numbers) -> float | None:
    """The bar that is as far from the right as from the wrong submissions, in units of how much each of them varies.

    It maximises the smallest distance |median - bar| / spread over all submissions. The spread is the standard
    deviation of the trainings, but at least a quarter of the gap between right and wrong: submissions that nobody has
    seen vary more than one that was, so a spread that is small against the gap must not pull the bar to its side. The
    maximum lies where the pair of a right and a wrong submission that is hardest to tell apart is divided evenly.

    Returns:
        The bar, to three digits after the point; None where one side gave no numbers.
    """
    right, wrong = ({name: s for name, s in numbers[side].items() if middle(s) > -math.inf} for side in SIDES)
    if not right or not wrong:
        return None
    gap = min(map(middle, right.values())) - max(map(middle, wrong.values()))
    least = max(gap * _LEAST_SPREAD, 1e-9)
    places = [
        (middle(a), _spread(a, least), middle(b), _spread(b, least)) for a in right.values() for b in wrong.values()
    ]
    a, spread_a, b, spread_b = min(places, key=lambda at: ((at[0] - at[2]) / (at[1] + at[3]), at))
    return round((a * spread_b + b * spread_a) / (spread_a + spread_b), 3)


def _spread(series: Series, least: float) -> float:
    return max(statistics.pstdev(score for score in trainings(series) if score is not None), least)


def assess(rule: BarRule, numbers: Numbers, bar: float | None) -> Assessment:
    """What is known of a bar from the recorded numbers: chances, and whether they are small enough."""
    if bar is None:
        return Assessment(problems=("one side gave no numbers at all: nothing says where the bar may be",))
    chances = {side: {name: _chance(side, rule, s, bar) for name, s in numbers[side].items()} for side in SIDES}
    return Assessment(chances, tuple(_problems(rule, numbers, chances, bar)))


def _chance(side: Side, rule: BarRule, series: Series, bar: float) -> Chance:
    scores = trainings(series)
    count = sum(_is_misjudged(side, [score], bar) for score in scores)
    estimate = _most(side, rule, count / len(scores))
    bound = _most(side, rule, upper_bound(count, len(scores)))
    medians = sum(_is_misjudged(side, scores, bar) for scores in series)
    return Chance(count, medians, float(f"{estimate:.3g}"), float(f"{bound:.3g}"))


def _is_misjudged(side: Side, scores: Sequence[float | None], bar: float) -> bool:
    """Whether the median is on the wrong side; a training without a number fails the test at once."""
    known = [score for score in scores if score is not None]
    passes = len(known) == len(scores) and statistics.median(known) >= bar
    return passes != (side == "right")


def _problems(
    rule: BarRule, numbers: Numbers, chances: Mapping[Side, Mapping[str, Chance]], bar: float
) -> Iterator[str]:
    seeds = len(next(iter(numbers["right"].values())))
    few = seeds < (least := least_seeds(rule))
    for side, verb in zip(SIDES, ("miss", "reach"), strict=True):
        for name, chance in chances[side].items():
            scores = trainings(numbers[side][name])
            if side == "right" and (broken := scores.count(None)):
                yield f"{label(side, name)} gave no number in {broken} of {len(scores)} trainings"
            elif rule.once and chance.trainings:
                yield (
                    f"{label(side, name)} does {verb} a bar of {bar:.3f} in {chance.trainings} of {len(scores)} "
                    f"trainings, and {rule.once} judges by one"
                )
            elif chance.at_most > LIMIT and (chance.trainings or not few):
                yield (
                    f"{label(side, name)} may {verb} a bar of {bar:.3f}: {chance.trainings} of {len(scores)} trainings "
                    f"do, so a test by the median does with a chance of up to {percent(chance.at_most)}"
                )
    if few:
        yield (
            f"{seeds} seed{'' if seeds == 1 else 's'} can't show that a chance is below {100 * LIMIT:.0f} %, "
            f"whatever comes out; it takes {least}"
        )


def percent(share: float) -> str:
    """A bound in percent, rounded up."""
    return f"{math.ceil(round(1000 * share, 6)) / 10:.1f} %"
