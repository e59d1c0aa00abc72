"""Archives: their directories, and the files that are wanted from them, by children without rights.

A child sees open archives and writes numbered files in a folder of its own; whatever stands in an archive, no name of
it ever names a file on disk. Afterwards, with the child gone, the files are moved to where they are used.

Where a child breaks (its time, its memory), the work is halved until the archive or entry is found that broke it: that
one is left out, the others are read.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from autograder.core.locked import Bounds, LockedError, run_locked
from autograder.core.text import one_line
from autograder.errors import IntakeError
from autograder.intake.items import Item
from autograder.intake.names import split_path
from autograder.intake.regular import MAX_BYTES, open_regular, read_regular
from autograder.intake.zipped import ZipEntry, ZipError, ZipReader

MAX_ARCHIVE = 128 * 2**20  # of an archive within an archive
MOST_ENTRIES = 200_000  # of a class's archive
_AT_ONCE = 400  # archives open in one child
_BOUNDS = Bounds(seconds=300, memory_mb=1024, file_mb=MAX_ARCHIVE // 2**20, open_files=_AT_ONCE + 64, reply_mb=96)

Job = TypeVar("Job")
Listing = list[Item] | str  # of an archive; or why there is none, in words that complete "it is …"


class Unpacker:
    """Reads archives.

    Args:
        scratch: a folder for what is taken out, which the caller removes once nothing of it is needed any more.
        bounds: what a child may use.
    """

    def __init__(self, scratch: Path, *, bounds: Bounds = _BOUNDS):
        self._scratch = Path(tempfile.mkdtemp(prefix="unpacked-", dir=scratch))
        self._bounds = bounds
        self._numbers = itertools.count()

    def listings(self, archives: Sequence[Path], most: int = MOST_ENTRIES) -> list[Listing]:
        """What is in each of some archives, nothing unpacked.

        Args:
            most: the most entries that an archive may have.
        """
        found: list[Listing] = []
        for start in range(0, len(archives), _AT_ONCE):
            found += in_halves(lambda part: self._list(part, most), archives[start : start + _AT_ONCE])
        return found

    def copied(self, item: Item) -> Path | str:
        """A file on disk under the name that it is to have; or why it can't be had ("it is …")."""
        try:
            data = read_regular(item.place)
        except IntakeError as error:
            return f"not to be had: {error}"
        target = self._new_folder() / item.name
        target.write_bytes(data)
        return target

    def taken_out(self, items: Sequence[Item], most: int = MAX_BYTES) -> list[Path | str]:
        """The files of items in archives, by their own names; or why one can't be had ("it is …").

        Args:
            most: the most bytes that a file may have.

        Raises:
            IntakeError: there is no room for them.
        """
        found: dict[int, Path | str] = {}
        places = list(dict.fromkeys(item.place for item in items))
        for start in range(0, len(places), _AT_ONCE):
            archives = set(places[start : start + _AT_ONCE])
            wanted = [(number, item) for number, item in enumerate(items) if item.place in archives]
            taken = in_halves(lambda part: self._take_out([item for _, item in part], most), wanted)
            found.update(zip((number for number, _ in wanted), taken, strict=True))
        return [found[number] for number in range(len(items))]

    def _list(self, archives: Sequence[Path], most: int) -> list[Listing]:
        with ExitStack() as stack:
            files = [stack.enter_context(open_regular(archive)) for archive in archives]
            answer = run_locked(list_entries, {"most": most}, files=files, bounds=self._bounds)
        return [_listing(archive, part) for archive, part in zip(archives, answer, strict=True)]

    def _take_out(self, items: Sequence[Item], most: int) -> list[Path | str]:
        places = list(dict.fromkeys(item.place for item in items))
        numbers = {place: number for number, place in enumerate(places)}
        request = {"most": most, "wanted": [[numbers[item.place], item.index] for item in items]}
        folder = self._new_folder()
        with ExitStack() as stack:
            files = [stack.enter_context(open_regular(place)) for place in places]
            answer = run_locked(take_entries, request, files=files, folder=folder, bounds=self._bounds)
        if answer == "full":
            raise IntakeError(f"{self._scratch}: no space left to unpack submissions in; set TMPDIR to another folder")
        return [
            self._moved(folder / str(number), item, problem)
            for number, (item, problem) in enumerate(zip(items, answer, strict=True))
        ]

    def _moved(self, file: Path, item: Item, problem: object) -> Path | str:
        """Give a file that a child wrote its name, in a folder of ours."""
        if problem is not None:
            return one_line(str(problem))
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):  # only a child that was taken over makes anything else
            return "damaged: it can't be unpacked"
        target = self._new_folder() / item.name
        os.rename(file, target)
        return target

    def _new_folder(self) -> Path:
        folder = self._scratch / f"{next(self._numbers):06d}"
        folder.mkdir(mode=0o700)
        return folder


def in_halves(action: Callable[[Sequence[Job]], list[Any]], jobs: Sequence[Job]) -> list[Any]:
    """One result a job; where they break the child together, the one that does so alone has its reason as result."""
    if not jobs:
        return []
    try:
        return action(jobs)
    except LockedError as error:
        if len(jobs) == 1:
            return [f"not to be read: reading it {error}"]
    middle = len(jobs) // 2
    return in_halves(action, jobs[:middle]) + in_halves(action, jobs[middle:])


def _listing(archive: Path, answer: Any) -> Listing:
    """What a child says of one archive, as items; names are checked on this side."""
    if isinstance(answer, str):
        return one_line(answer)
    items = [_item(archive, index, *entry) for index, entry in enumerate(answer)]
    return [item for item in items if not (item.folder and item.problem)]  # what is in it has a line of its own


def _item(archive: Path, index: int, name: str, size: int, folder: bool, problem: str | None) -> Item:
    parts, flaw = split_path(name)
    if flaw is not None:
        problem = f"not taken: {flaw}"
    return Item(parts, size, archive, index, one_line(problem) if problem else None, folder)


# --- in the child -------------------------------------------------------------------------------------------------


def list_entries(request: dict[str, int], *archives: BinaryIO) -> list[list[list[object]] | str]:
    """For each archive its entries (name, size, whether it is a folder, problem), or why it can't be read."""
    return [_entries(archive, request["most"]) for archive in archives]


def _entries(archive: BinaryIO, most: int) -> list[list[object]] | str:
    try:
        found = list(itertools.islice(ZipReader(archive).entries(), most + 1))
    except ZipError as error:
        return str(error)
    if len(found) > most:
        return f"an archive with more than {most:,} entries"
    return [[entry.name, entry.size, entry.folder, entry.problem] for entry in found]


def take_entries(request: dict[str, Any], *archives: BinaryIO) -> list[str | None] | str:
    """Write wanted entries to files 0, 1, 2 … here; for each None or why it was not; "full" when the disk is."""
    wanted = request["wanted"]
    problems: list[str | None] = ["no longer in the archive"] * len(wanted)
    for number, archive in enumerate(archives):
        here = {index: position for position, (which, index) in enumerate(wanted) if which == number}
        try:
            for position, problem in _written(archive, here, request["most"]):
                problems[position] = problem
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return "full"
            raise
    return problems


def _written(archive: BinaryIO, wanted: dict[int, int], most: int) -> Iterator[tuple[int, str | None]]:
    try:
        reader = ZipReader(archive)
        for index, entry in enumerate(reader.entries()):
            if index in wanted:
                problem = entry.problem or (f"larger than {most // 2**20} MiB" if entry.size > most else None)
                yield wanted[index], problem or _write(reader, entry, str(wanted[index]))
    except ZipError as error:  # it was listed before, so somebody changes it
        yield from ((position, str(error)) for position in wanted.values())


def _write(reader: ZipReader, entry: ZipEntry, name: str) -> str | None:
    with open(name, "xb") as file:
        try:
            for piece in reader.content(entry):
                file.write(piece)
        except ZipError as error:
            problem = str(error)
        else:
            return None
    os.unlink(name)
    return problem
