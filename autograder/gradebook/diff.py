"""What changed between two runs: who moved, by how much, on which tests; who is new, who is gone.

People are matched by what the platform or the roster knows them by, with the attempt; where that leaves them alone (the
next attempt counts now, a roster was added), by the person alone, then by the name.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line
from autograder.errors import GradebookError
from autograder.gradebook.locate import add_location, gradebook_of
from autograder.gradebook.model import COMPLETE, Run, Summary
from autograder.gradebook.store import Gradebook


@dataclass(frozen=True)
class Move:
    """Somebody whose result is another one than before.

    Attributes:
        before, after: the rows of both runs.
        run: the number of the earlier one.
        tests: those with another verdict: name, before, after; "-" where one did not run.
    """

    before: Summary
    after: Summary
    run: int
    tests: tuple[tuple[str, str, str], ...] = ()

    @property
    def by(self) -> Decimal | None:
        """How far the score moved; None where one of them is not known."""
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score


@dataclass(frozen=True)
class Difference:
    """One run beside another; students in the order of the later one's intake."""

    moved: tuple[Move, ...]
    new: tuple[Summary, ...]
    gone: tuple[Summary, ...]
    unchanged: int


def difference(book: Gradebook, earlier: int, later: int) -> Difference:
    """Compare two runs of one assignment.

    Raises:
        GradebookError: there are no such runs, or they are of different assignments.
    """
    first, second = book.run(earlier), book.run(later)
    if first.assignment != second.assignment:
        raise GradebookError(
            f"run {first.number} is of {first.assignment}, run {second.number} of {second.assignment}: "
            "compare runs of one assignment"
        )
    pairs = list(_matched(list(book.summaries(first.number)), list(book.summaries(second.number))))
    verdicts = dict(book.verdicts(first.number)), dict(book.verdicts(second.number))
    moved, unchanged = [], 0
    for before, after in pairs:
        if before is None or after is None:
            continue
        tests = tuple(_changed_tests(verdicts[0].get(before.slug, {}), verdicts[1].get(after.slug, {})))
        if tests or (before.score, before.status) != (after.score, after.status):
            moved.append(Move(before, after, first.number, tests))
        else:
            unchanged += 1
    new = tuple(after for before, after in pairs if before is None and after is not None)
    gone = tuple(before for before, after in pairs if after is None and before is not None)
    return Difference(tuple(moved), new, gone, unchanged)


def changed_scores(book: Gradebook, number: int) -> tuple[Move, ...]:
    """Whose score in a run differs from the last one that they had in this gradebook.

    What was known before is the last complete run of the assignment, with what unfinished runs added since.
    """
    run = book.run(number)
    before: dict[tuple[str, int], tuple[Summary, int]] = {}
    for earlier in reversed(book.runs(run.assignment)):
        if earlier.number >= number:
            continue
        for summary in book.summaries(earlier.number):
            if summary.score is not None:
                before.setdefault((summary.person, summary.attempt), (summary, earlier.number))
        if earlier.state == COMPLETE:
            break
    runs = {id(summary): of for summary, of in before.values()}
    known = [summary for summary, _ in before.values()]
    return tuple(
        Move(old, new, runs[id(old)])
        for old, new in _matched(known, list(book.summaries(number)))
        if old is not None and new is not None and new.score is not None and old.score != new.score
    )


def _matched(before: Sequence[Summary], after: Sequence[Summary]) -> Iterator[tuple[Summary | None, Summary | None]]:
    """Pairs of both runs, and those that are in one alone: first the later run's, then those that are gone."""
    keys: tuple[Callable[[Summary], Hashable], ...] = (
        lambda summary: (summary.person, summary.attempt),
        lambda summary: summary.person,
        lambda summary: summary.student,
    )
    partner: dict[str, Summary] = {}  # of the later run's slugs
    left, right = list(before), list(after)
    for key in keys:
        unique_left, unique_right = _unique(left, key), _unique(right, key)
        for name in unique_left.keys() & unique_right.keys():
            partner[unique_right[name].slug] = unique_left[name]
        taken = {id(summary) for summary in partner.values()}
        left = [summary for summary in left if id(summary) not in taken]
        right = [summary for summary in right if summary.slug not in partner]
    for summary in after:
        yield partner.get(summary.slug), summary
    for summary in left:
        yield summary, None


def _unique(summaries: Sequence[Summary], key: Callable[[Summary], Hashable]) -> dict[Hashable, Summary]:
    """Those that are alone with their key."""
    count = Counter(map(key, summaries))
    return {key(summary): summary for summary in summaries if count[key(summary)] == 1}


def _changed_tests(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*before, *after)):
        pair = before.get(name, "-"), after.get(name, "-")
        if pair[0] != pair[1]:
            yield name, *pair


# --- the command --------------------------------------------------------------------------------------------------


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``diff`` to the command line."""
    parser = subparsers.add_parser(
        "diff",
        help="who moved between two runs, and on which tests",
        description="Compare two runs of a gradebook; without numbers the last two of the newest run's assignment.",
    )
    parser.add_argument("runs", type=int, nargs="*", metavar="RUN", help="the earlier and the later one")
    add_location(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with Gradebook.open(gradebook_of(args)) as book:
        earlier, later = _chosen(book, args.runs)
        for line in diff_lines(difference(book, earlier.number, later.number), earlier, later):
            print(line)
    return 0


def _chosen(book: Gradebook, numbers: Sequence[int]) -> tuple[Run, Run]:
    if len(numbers) == 2:
        return book.run(numbers[0]), book.run(numbers[1])
    if numbers:
        raise GradebookError("name two runs, as in `autograder diff 3 4`; `autograder status` lists them")
    runs = book.runs(book.run().assignment)
    if len(runs) < 2:
        raise GradebookError(f"{book.path}: only one run of {runs[0].assignment} in it, nothing to compare it with")
    return runs[-2], runs[-1]


def diff_lines(found: Difference, earlier: Run, later: Run) -> Iterator[str]:
    """A difference in words."""
    yield f"{later.assignment}: run {earlier.number} ({earlier.release}) -> run {later.number} ({later.release})"
    for move in found.moved:
        yield f"  {one_line(move.after.student)}: {_score(move.before)} -> {_score(move.after)}{_by(move)}"
        for name, before, after in move.tests:
            yield f"    {name}: {before} -> {after}"
    for word, group in (("new", found.new), ("gone", found.gone)):
        for summary in group:
            yield f"  {one_line(summary.student)}: {word}, {_score(summary)}"
    count = f"{len(found.moved)} moved, {len(found.new)} new, {len(found.gone)} gone"
    yield f"{count}, {found.unchanged} unchanged"


def _score(summary: Summary) -> str:
    if summary.score is None:
        return summary.status
    remark = "" if summary.status == "graded" else f" ({summary.status})"
    return f"{plain_decimal(summary.score)} of {plain_decimal(summary.maximum)}{remark}"


def _by(move: Move) -> str:
    if not move.by:
        return ""
    return f" ({'+' if move.by > 0 else '-'}{plain_decimal(abs(move.by))})"
