"""What graders and tools make by hand: a folder, a file or a zip archive for each student."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.intake.handed import Handed, Layout, capped
from autograder.intake.items import MODULE_SUFFIXES, Item, by_first_name
from autograder.intake.names import IGNORED, shown


def recognise(items: Sequence[Item]) -> Layout:
    """A student for each folder, each archive, and each name of .py and .ipynb files."""
    handed: list[tuple[str, Handed]] = []
    files: dict[str, list[Item]] = {}
    left_out = []
    counts = {"folder": 0, "archive": 0, "file": 0}
    for first, group in by_first_name(items).items():
        for item in group:
            if item.folder or len(item.path) > 1 or IGNORED.fullmatch(first):
                continue
            if item.suffix in MODULE_SUFFIXES and item.problem is None:
                files.setdefault(item.stem, []).append(item)
            elif item.suffix.lower() == ".zip" and item.problem is None:
                handed.append((f"{item.stem}.zip", _handed(item.stem, [item])))
                counts["archive"] += 1
            else:
                left_out.append(f"{shown(first)}: {item.problem or 'neither a folder nor a .py or .ipynb file'}")
        below = [item for item in group if item.folder or len(item.path) > 1]
        if below and not IGNORED.fullmatch(first):
            handed.append((f"{first}/", _of_folder(first, below)))
            counts["folder"] += 1
    for stem, group in files.items():
        handed.append((stem, _handed(stem, group, named_after=True)))
        counts["file"] += 1
    handed.sort(key=lambda pair: pair[0])
    return Layout(_name(counts), tuple(each for _, each in handed), tuple(left_out))


def one(student: str, items: Sequence[Item], name: str, *, named_after: bool = False) -> Layout:
    """All of it is one student's."""
    return Layout(name, (_handed(student, items, named_after=named_after),))


def _of_folder(student: str, items: list[Item]) -> Handed:
    unreadable = next((item.problem for item in items if item.folder and len(item.path) == 1 and item.problem), None)
    problem = None if unreadable is None else f"{shown(student)} is {unreadable}"
    return _handed(student, [item.below(1) for item in items if len(item.path) > 1], problem=problem)


def _handed(student: str, items: Sequence[Item], *, named_after: bool = False, problem: str | None = None) -> Handed:
    return Handed(student, capped(items), (student,), named_after=named_after, problem=problem)


def _name(counts: dict[str, int]) -> str:
    parts = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items() if count]
    return f"{', '.join(parts)}, one a student" if parts else "nothing"
