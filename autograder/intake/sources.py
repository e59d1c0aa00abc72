"""Recognising what a grader has: exports of Canvas, Moodle and Gradescope, archives, folders, a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.errors import IntakeError
from autograder.intake import canvas, gradescope, moodle, plain
from autograder.intake.attempts import LATEST
from autograder.intake.folder import one_file
from autograder.intake.gather import gather
from autograder.intake.handed import OTTER_MARKS, Layout
from autograder.intake.items import MODULE_SUFFIXES, Item, by_first_name, walk
from autograder.intake.model import Intake
from autograder.intake.names import IGNORED
from autograder.intake.regular import open_regular
from autograder.intake.roster import Roster
from autograder.intake.unpack import MAX_ARCHIVE, Listing, Unpacker

_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")


def open_intake(
    path: Path, module: str, *, scratch: Path, roster: Roster | None = None, attempts: str = LATEST
) -> Intake:
    """Find the submissions of the assignment whose module is ``module``, whatever they come in.

    Args:
        path: a folder, an archive or a file.
        scratch: a private folder for what is unpacked; the caller removes it after grading.
        roster: who is in the class.
        attempts: "latest", "best" or "all": with the last two every attempt of a student is a submission.

    Raises:
        IntakeError: the path can't be used, or holds no submission at all.
    """
    unpacker = Unpacker(scratch)
    layout = _layout(path, module, unpacker)
    return gather(path, layout, module, unpacker=unpacker, roster=roster, attempts=attempts)


def _layout(path: Path, module: str, unpacker: Unpacker) -> Layout:
    if path.is_dir():
        items = list(walk(path))
        archive = _only_archive(items)
        inside = _listed(archive, unpacker) if archive is not None else None
        return (
            (_of_platform(inside, module, unpacker) if isinstance(inside, list) else None)
            or _of_platform(items, module, unpacker)
            or plain.recognise(_unwrapped(items, module))
        )
    if not (path.is_file() and _is_zip(path)):
        return one_file(path)
    return _of_archive(path, module, unpacker)


def _of_archive(path: Path, module: str, unpacker: Unpacker) -> Layout:
    items = _listed(path.resolve(), unpacker)
    if isinstance(items, str):
        raise IntakeError(f"{path}: can't be used: it is {items}")
    platform = _of_platform(items, module, unpacker)
    if platform is None and _is_of_one(items, module):
        return plain.one(path.stem, items, "one archive")
    return platform or plain.recognise(_unwrapped(items, module, archive=True))


def _is_zip(path: Path) -> bool:
    if path.suffix.lower() == ".zip" or path.suffix in MODULE_SUFFIXES:
        return path.suffix.lower() == ".zip"
    with open_regular(path.resolve()) as stream:
        return stream.read(4) in _ZIP_BEGINS


def _listed(archive: Path, unpacker: Unpacker) -> Listing:
    return unpacker.listings([archive])[0]


def _only_archive(items: Sequence[Item]) -> Path | None:
    """The one archive that a folder holds, if there is nothing else."""
    if len(items) == 1 and items[0].suffix.lower() == ".zip" and not items[0].folder and items[0].problem is None:
        return items[0].place
    return None


def _of_platform(items: Sequence[Item], module: str, unpacker: Unpacker) -> Layout | None:
    """The class as a platform exported it, perhaps within one folder more; None: no platform did."""
    for view in _views(items):
        metadata = gradescope.metadata_of(view)
        if metadata is not None:
            return gradescope.arrange(view, _metadata(metadata, unpacker))
        layout = moodle.recognise(view, module) or canvas.recognise(view, module)
        if layout is not None:
            return layout
    return None


def _metadata(item: Item, unpacker: Unpacker) -> dict[str, dict[str, object]]:
    place: Path | str = item.place
    if item.index is not None:
        place = unpacker.taken_out([item], MAX_ARCHIVE)[0]
    if isinstance(place, str):
        raise IntakeError(f"{item.shown}: can't be used: it is {place}")
    with open_regular(place) as stream:
        return gradescope.read_metadata(stream)


def _views(items: Sequence[Item]) -> Iterator[list[Item]]:
    yield list(items)
    inner = _inside_wrapper(items)
    if inner:
        yield inner


def _inside_wrapper(items: Sequence[Item]) -> list[Item]:
    """What lies in the only folder that there is, if there is nothing beside it."""
    groups = {name: group for name, group in by_first_name(items).items() if not IGNORED.fullmatch(name)}
    if len(groups) != 1:
        return []
    (group,) = groups.values()
    if any(len(item.path) == 1 and not item.folder for item in group):
        return []
    return [item.below(1) for item in group if len(item.path) > 1]


def _unwrapped(items: Sequence[Item], module: str, *, archive: bool = False) -> list[Item]:
    """Items seen from within the one folder around them, where that holds a class and not one student's files.

    Several files of code in one folder are a class only in an archive, which a tool made with a folder around it.
    """
    inner = _inside_wrapper(items)
    students = {item.path[0] for item in inner if _is_handed(item) and (archive or not _is_code(item))}
    of_one = any(len(item.path) == 1 and item.stem == module for item in inner)
    return inner if len(students) > 1 and not of_one else list(items)


def _is_of_one(items: Sequence[Item], module: str) -> bool:
    """Whether an archive is one student's: the file that is asked for lies in it, or Otter's marks do."""
    tops = [item for item in items if len(item.path) == 1]
    return any((_is_code(item) and item.stem == module) or item.name in OTTER_MARKS for item in tops)


def _is_handed(item: Item) -> bool:
    code = item.suffix in MODULE_SUFFIXES or item.suffix.lower() == ".zip"
    return code and not item.folder and not any(map(IGNORED.fullmatch, item.path))


def _is_code(item: Item) -> bool:
    return len(item.path) == 1 and item.suffix in MODULE_SUFFIXES and not item.folder
