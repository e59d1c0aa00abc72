"""Files that were found, looked at from outside only: in a folder, or in an archive's directory."""

from __future__ import annotations

import itertools
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.intake.names import IGNORED

MODULE_SUFFIXES = (".py", ".ipynb")
MOST_OF_ONE = 2000  # entries of one student that are looked at
_MOST_IN_FOLDER = 100_000
_DEPTH = 8


@dataclass(frozen=True)
class Item:
    """A file or folder that was found.

    Attributes:
        path: its names, from where the search began.
        size: in bytes, as far as is known before it is read.
        place: where it lies: its own path, or that of the archive that holds it.
        index: its position in the archive's directory; None: a file on disk.
        problem: why it can't be taken, in words that complete "it is …", or None.
        folder: it is one. Those in archives need not be there.
    """

    path: tuple[str, ...]
    size: int
    place: Path
    index: int | None = None
    problem: str | None = None
    folder: bool = False

    @property
    def name(self) -> str:
        """The last of its names."""
        return self.path[-1]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The end of the name from its last dot on."""
        return PurePosixPath(self.name).suffix

    @property
    def shown(self) -> str:
        """The path as text."""
        return "/".join(self.path)

    def below(self, depth: int) -> Item:
        """The same, seen from a folder that many levels further down."""
        return replace(self, path=self.path[depth:])

    def renamed(self, name: str) -> Item:
        """The same by another last name."""
        return replace(self, path=(*self.path[:-1], name))


def by_first_name(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items by the first of their names, in the order of the names."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.path[0], []).append(item)
    return dict(sorted(groups.items()))


def walk(root: Path) -> Iterator[Item]:
    """Everything below a folder but what systems leave there; no link is followed.

    Of each entry of the folder only so much is looked at as one student can reasonably have.
    """
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        yield from itertools.islice(_below(entry), 1 + MOST_OF_ONE)


def _below(top: Path) -> Iterator[Item]:
    """An entry with all that is in it, what lies higher first."""
    waiting: list[tuple[tuple[str, ...], Path]] = [((top.name,), top)]
    for path, place in waiting:  # grows as folders are met
        if IGNORED.fullmatch(path[-1]):
            continue
        item = _looked_at(path, place)
        if item.folder and len(path) >= _DEPTH:
            item = replace(item, problem="too many folders deep to be looked at")
        yield item
        if item.folder and item.problem is None:
            try:
                inside = sorted(itertools.islice(place.iterdir(), _MOST_IN_FOLDER), key=_code_first)[:MOST_OF_ONE]
            except OSError as error:
                yield replace(item, problem=f"a folder that can't be read: {error.strerror}")
                continue
            waiting += [((*path, entry.name), entry) for entry in inside]


def _code_first(entry: Path) -> tuple[bool, str]:
    return entry.suffix not in MODULE_SUFFIXES, entry.name


def _looked_at(path: tuple[str, ...], place: Path) -> Item:
    try:
        status = place.lstat()
    except OSError as error:
        return Item(path, 0, place, problem=f"not to be read: {error.strerror}")
    if stat.S_ISDIR(status.st_mode):
        return Item(path, 0, place, folder=True)
    if stat.S_ISLNK(status.st_mode):
        return Item(path, 0, place, problem="a link; links are not followed")
    problem = None if stat.S_ISREG(status.st_mode) else "not a regular file"
    return Item(path, status.st_size, place, problem=problem)
