"""What a platform's layout says before any file is opened: who handed in what, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from autograder.intake.items import MOST_OF_ONE, Item, by_first_name
from autograder.intake.names import IGNORED, shown

OTTER_MARKS = (".OTTER_LOG", "__zip_filename__")  # files in the archives that Otter makes of a notebook


@dataclass(frozen=True)
class Handed:
    """One attempt of one student.

    Attributes:
        student: the name, or what stands for it, as the platform writes it.
        items: what was handed in, seen from the student's own folder.
        tokens: everything by which a roster may know the student, the surest first.
        identity: the platform's own id or address, "" where it has none.
        attempt, submitted, marked_late: as of ``Submission``.
        named_after: the file is named after the student, not after the module.
        problem: why there is nothing to grade, or None.
    """

    student: str
    items: tuple[Item, ...]
    tokens: tuple[str, ...] = ()
    identity: str = ""
    attempt: int = 1
    submitted: datetime | None = None
    marked_late: bool = False
    named_after: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class Layout:
    """A class, as a platform lays it out.

    Attributes:
        name: what it was taken for, for people.
        handed: in the order in which it was found.
        left_out: a line for each thing that is nobody's.
    """

    name: str
    handed: tuple[Handed, ...]
    left_out: tuple[str, ...] = ()


def capped(items: Iterable[Item]) -> tuple[Item, ...]:
    """So many items as are looked at of one student, those that lie highest first."""
    return tuple(sorted(items, key=lambda item: len(item.path))[:MOST_OF_ONE])


def nobodys(items: Iterable[Item], why: str) -> list[str]:
    """A line for each thing that no student can be made out for: what is wrong with it, or else ``why``."""
    return [
        f"{shown(first)}: {next((item.problem for item in group if item.problem is not None), why)}"
        for first, group in by_first_name(items).items()
        if not IGNORED.fullmatch(first)
    ]
