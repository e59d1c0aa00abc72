"""Failures that students share: the same cause at the same test, or else the same message but for its numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.report.gather import ClassData, Failure, Row, TestColumn

_NUMBER = re.compile(r"(?<![A-Za-z_])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b")
# What a probe was called with differs between tests; what came of it is what students share.
_CALL = re.compile(r"^(?:not implemented yet: )?[A-Za-z_]\w*\(.{0,400}?\) (?=(?:raised|returned|changed|is) )")
# What a check names first: dW1: the gradient is wrong in 3 of 12 entries; loss has the wrong shape.
_SUBJECT = re.compile(r"([\w.'\[\]]{1,40})(?:: the gradient)? (?:is wrong|has the wrong|is not)\b")
_SMALLEST = 2
_Key = tuple[int, str]  # index of a test, and what its failure has in common with others


@dataclass(frozen=True)
class Cluster:
    """One mistake, as far as messages tell.

    Attributes:
        label: the cause, and in what where that is the same; or the message, without its numbers where these differ.
        example: the headline that most of its messages have.
        tests: where it shows: one test, or several that the same students fail in the same way.
        members: indices of the submissions, in order.
        points: what those tests are worth together.
    """

    label: str
    example: str
    tests: tuple[TestColumn, ...]
    members: tuple[int, ...]
    points: Decimal


@dataclass(frozen=True)
class Clusters:
    """All of a class.

    Attributes:
        shared: those of two submissions or more, the largest first.
        single: how many failures only one submission has.
    """

    shared: tuple[Cluster, ...]
    single: int


def find_clusters(data: ClassData) -> Clusters:
    """Group the failures of the submissions that were graded."""
    members: dict[_Key, list[int]] = defaultdict(list)
    headlines: dict[_Key, Counter[str]] = defaultdict(Counter)
    for i, row in enumerate(data.rows):
        for failure in row.failures:
            key = failure.test, signature(failure)
            members[key].append(i)
            headlines[key][failure.headline] += 1
    together: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for (test, label), who in members.items():
        if len(who) >= _SMALLEST:
            together[label, tuple(who)].append(test)
    shared = [
        _cluster(label, who, [data.tests[test] for test in tests], [headlines[test, label] for test in tests])
        for (label, who), tests in together.items()
    ]
    shared.sort(key=lambda cluster: (-len(cluster.members), -cluster.points, cluster.label))
    return Clusters(tuple(shared), sum(len(who) < _SMALLEST for who in members.values()))


def signature(failure: Failure) -> str:
    """What two failures of a test have in common when they are the same mistake."""
    return failure.cause or generalised(_outcome(failure.headline))


def _outcome(headline: str) -> str:
    """What came of a call, without the call."""
    return _CALL.sub("", headline)


def generalised(text: str) -> str:
    """A text with all of its numbers replaced."""
    return _NUMBER.sub("#", text)


def problems(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Submissions that could not be graded, by what they share, the most frequent first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.summary.problem:
            groups[generalised(row.summary.problem.partition("\n")[0])].append(row)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _cluster(
    label: str, who: tuple[int, ...], tests: Sequence[TestColumn], headlines: Sequence[Counter[str]]
) -> Cluster:
    outcomes = {_outcome(headline) for counted in headlines for headline in counted}
    is_cause = label not in map(generalised, outcomes)
    subjects = {match and match[1] for match in map(_SUBJECT.match, outcomes)}
    if not is_cause and len(outcomes) == 1:  # numbers that all share say more than "#"
        (label,) = outcomes
    elif is_cause and len(subjects) == 1 and (subject := subjects.pop()) is not None:
        label = f"{label} in {subject}"
    example = headlines[0].most_common(1)[0][0]
    return Cluster(label, example, tuple(tests), who, sum((test.points for test in tests), Decimal(0)))
