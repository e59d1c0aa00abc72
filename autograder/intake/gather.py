"""From what was handed in to submissions: whose it is, which attempt counts, which file is graded, where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.errors import IntakeError
from autograder.intake.attempts import LATEST, counted
from autograder.intake.choice import Choice, choose, has_module
from autograder.intake.handed import OTTER_MARKS, Handed, Layout, capped
from autograder.intake.items import MOST_OF_ONE, Item
from autograder.intake.model import Intake, Submission
from autograder.intake.names import named_apart, shown
from autograder.intake.roster import Roster
from autograder.intake.unpack import MAX_ARCHIVE, Unpacker

MOST_UNPACKED = 4 * 2**30  # bytes of a class
_MOST_ARCHIVES = 5  # of one student
_MOST_NAMES = 50  # in a line


@dataclass
class _Case:
    """One attempt on its way to be a submission."""

    handed: Handed
    choice: Choice
    files: tuple[Path, ...] = ()


def gather(
    path: Path,
    layout: Layout,
    module: str,
    *,
    unpacker: Unpacker | None = None,
    roster: Roster | None = None,
    attempts: str = LATEST,
) -> Intake:
    """Submissions of a class.

    Args:
        path: where it was found, for messages.
        unpacker: for what lies in archives; None: there are none, or they are not looked into.
        attempts: which count, as of ``attempts.counted``.

    Raises:
        IntakeError: there is no submission at all, or no room to unpack them.
    """
    if not layout.handed:
        raise IntakeError(f"{path}: no submissions in it; expected one folder, .zip, .py or .ipynb file a student")
    handed, lines = _mapped(layout.handed, roster)
    handed, older = counted(handed, attempts)
    otters = 0
    if unpacker is not None:
        handed, otters = _opened(handed, module, unpacker)
    cases = [_Case(each, _choice(each, module)) for each in handed]
    spare = _take_out(cases, unpacker)
    for case in cases:
        spare += [f"{shown(case.handed.student)}: {line}" for line in case.choice.left_out]
    submissions = sorted(map(_submission, cases), key=lambda each: (each.student, each.attempt))
    return Intake(
        tuple(named_apart(submissions)),
        (*layout.left_out, *lines, *older, *spare),
        _recognised(layout, otters),
    )


def _mapped(handed: Sequence[Handed], roster: Roster | None) -> tuple[list[Handed], list[str]]:
    """The same with the names and ids of the roster, and lines on who is missing and who is not on it."""
    if roster is None:
        return list(handed), []
    found, strangers, here = [], [], set()
    for each in handed:
        person = roster.find(each.tokens)
        if person is None:
            strangers.append(each.student)
            found.append(each)
        else:
            here.add(person.identity)
            found.append(replace(each, student=person.name, identity=person.identity))
    missing = [person.name for person in roster.people if person.identity not in here]
    lines = []
    if strangers:
        lines.append(f"not on the roster, graded all the same ({len(set(strangers))}): {_names(strangers)}")
    if missing:
        lines.append(f"on the roster, nothing handed in ({len(missing)}): {_names(missing)}")
    return found, lines


def _names(names: Iterable[str]) -> str:
    every = sorted({shown(name) for name in names})
    more = f" and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else ""
    return ", ".join(every[:_MOST_NAMES]) + more


def _opened(handed: Sequence[Handed], module: str, unpacker: Unpacker) -> tuple[list[Handed], int]:
    """Students' own archives replaced by what is in them, where that is needed; and how many of them are Otter's."""
    wanted = [(position, item) for position, each in enumerate(handed) for item in _archives(each, module)]
    places = _on_disk([item for _, item in wanted], unpacker)
    listings = iter(unpacker.listings([place for place in places if isinstance(place, Path)], MOST_OF_ONE))
    inside: dict[int, list[Item]] = {}
    otters = 0
    for (position, item), place in zip(wanted, places, strict=True):
        listing = next(listings) if isinstance(place, Path) else place
        mine = inside.setdefault(position, [])
        if isinstance(listing, str):
            mine.append(replace(item, problem=listing))
            continue
        otters += any(entry.name in OTTER_MARKS for entry in listing)
        mine += [_inner(item, entry) for entry in listing if entry.name not in OTTER_MARKS]
    opened = list(handed)
    for position, items in inside.items():
        archives = {id(item) for at, item in wanted if at == position}
        kept = [item for item in handed[position].items if id(item) not in archives]
        opened[position] = replace(handed[position], items=capped([*kept, *items]))
    return opened, otters


def _archives(handed: Handed, module: str) -> list[Item]:
    if handed.problem is not None or has_module(handed.items, module):
        return []
    found = [item for item in handed.items if _is_archive(item) and item.problem is None]
    return found[:_MOST_ARCHIVES]


def _is_archive(item: Item) -> bool:
    return not item.folder and item.suffix.lower() == ".zip"


def _on_disk(items: Sequence[Item], unpacker: Unpacker) -> list[Path | str]:
    """Where files lie that can be opened, those in archives taken out; or why one can't be had."""
    taken = iter(unpacker.taken_out([item for item in items if item.index is not None], MAX_ARCHIVE))
    return [item.place if item.index is None else next(taken) for item in items]


def _inner(archive: Item, entry: Item) -> Item:
    problem = "an archive within an archive" if _is_archive(entry) else entry.problem
    return replace(entry, path=(*archive.path[:-1], *entry.path), problem=problem)


def _choice(handed: Handed, module: str) -> Choice:
    if handed.problem is not None:
        return Choice(problem=handed.problem)
    return choose(handed.items, module, named_after=handed.named_after)


def _take_out(cases: Sequence[_Case], unpacker: Unpacker | None) -> list[str]:
    """Give every case its files on disk; what can't be unpacked costs its own student. Returns lines on helpers."""
    lines, total = [], 0
    wanted: list[tuple[_Case, Item]] = []
    for case in sorted(cases, key=_packed_bytes):  # the largest are the first to go
        total += _packed_bytes(case)
        if total > MOST_UNPACKED:
            case.choice = Choice(problem=f"too large beside {MOST_UNPACKED // 2**30} GiB of other submissions")
        wanted += [(case, item) for item in case.choice.files]
    inside = [(case, item) for case, item in wanted if item.index is not None]
    taken = unpacker.taken_out([item for _, item in inside]) if unpacker is not None else []
    found = {id(item): result for (_, item), result in zip(inside, taken, strict=True)}
    if unpacker is not None:  # a platform's name for a file is not the one by which it is imported
        renamed = [item for _, item in wanted if item.index is None and item.name != item.place.name]
        found.update({id(item): unpacker.copied(item) for item in renamed})
    for case in cases:
        results = [(item, found.get(id(item), item.place)) for item in case.choice.files]
        failed = [(item, result) for item, result in results if isinstance(result, str)]
        if failed and failed[0][0] is case.choice.files[0]:
            case.choice = Choice(problem=f"{shown(failed[0][0].name)} is {failed[0][1]}")
            continue
        case.files = tuple(result for _, result in results if isinstance(result, Path))
        lines += [f"{shown(case.handed.student)}: {shown(item.name)}: {result}" for item, result in failed]
    return lines


def _packed_bytes(case: _Case) -> int:
    return sum(item.size for item in case.choice.files if item.index is not None)


def _submission(case: _Case) -> Submission:
    handed = case.handed
    return Submission(
        shown(handed.student),
        "",
        case.files,
        case.choice.problem,
        case.choice.note,
        shown(handed.identity) if handed.identity else "",
        handed.attempt,
        handed.submitted,
        handed.marked_late,
    )


def _recognised(layout: Layout, otters: int) -> str:
    people = len({each.identity or number for number, each in enumerate(layout.handed)})
    files = sum(not item.folder for each in layout.handed for item in each.items)
    otter = f" ({otters} of them Otter's)" if otters else ""
    if "a student" in layout.name or layout.name.startswith("one "):
        return f"{layout.name}{otter}"
    return f"{layout.name}: {people} {'students' if people != 1 else 'student'}, {files} files{otter}"
