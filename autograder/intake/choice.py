"""Which of a student's files is graded, and what goes along with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.intake.items import MODULE_SUFFIXES, MOST_OF_ONE, Item
from autograder.intake.names import IGNORED, listed, looks, shown
from autograder.intake.regular import MAX_BYTES

MAX_FILES = 50  # of one student
MAX_TOTAL = 64 * 2**20  # bytes of one student
_NO_CANDIDATE = re.compile(r"conftest\.py|setup\.py|test_.*\.py|.*_test\.py|__init__\.py")
_OTHER_ARCHIVES = re.compile(r"(?i).*\.(rar|7z|tar|tgz|tar\.\w+|gz|bz2|xz)")
_MOST_LINES = 5


@dataclass(frozen=True)
class Choice:
    """What is graded.

    Attributes:
        files: the graded one first; empty when there is a problem.
        problem, note: as of ``Submission``.
        left_out: lines on what else was handed in.
    """

    files: tuple[Item, ...] = ()
    problem: str | None = None
    note: str | None = None
    left_out: tuple[str, ...] = ()


def choose(items: Sequence[Item], module: str, *, named_after: bool = False) -> Choice:
    """Find the file to grade, and the helpers beside it.

    Args:
        named_after: the file may bear its student's name, which needs no remark.
    """
    seen = [item for item in items if not any(map(IGNORED.fullmatch, item.path))]
    files = [item for item in seen if not item.folder]
    lines = [f"{shown(item.shown)}: {item.problem}" for item in seen if item.problem is not None]
    too_many = f"more than {MOST_OF_ONE} files; the rest was not looked at"
    if len(items) >= MOST_OF_ONE:
        lines.insert(0, too_many)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{len(lines) - _MOST_LINES + 1} more like these"]
    choice = _chosen(files, module, named_after=named_after)
    if choice.problem is not None:  # which says it all
        return replace(choice, problem=f"{choice.problem}; {too_many}") if len(items) >= MOST_OF_ONE else choice
    taken = {id(item) for item in choice.files}
    spare = [item.shown for item in files if id(item) not in taken and item.problem is None]
    if spare:
        lines.append(f"not needed: {listed(spare)}")
    return Choice(choice.files, note=choice.note, left_out=(*lines, *choice.left_out))


def has_module(items: Sequence[Item], module: str) -> bool:
    """Whether the file that is asked for is among these, so that no archive needs to be looked into."""
    return any(item.stem == module and item.suffix in MODULE_SUFFIXES and item.problem is None for item in items)


def _chosen(files: list[Item], module: str, *, named_after: bool) -> Choice:
    expected = f"{module}.py or {module}.ipynb"
    code = [item for item in files if item.suffix in MODULE_SUFFIXES]
    folders = _folders_with_code(code, module)
    if len(folders) > 1:
        return Choice(problem=f"code in several folders ({listed('/'.join(path) for path in folders)}): keep one")
    here = [item for item in code if folders and item.path[:-1] == folders[0]]
    named = [item for item in here if item.stem == module]
    candidates = named or [item for item in here if not _NO_CANDIDATE.fullmatch(item.name)]
    bad = [item for item in candidates if item.problem is not None]
    if bad and (named or len(bad) == len(candidates)):
        return Choice(problem=f"{shown(bad[0].name)} is {bad[0].problem}")
    candidates = [item for item in candidates if item.problem is None]
    if not candidates:
        return Choice(problem=f"no file to grade: expected {expected}{_held(files)}")
    if len(candidates) > 1:
        names = listed(item.name for item in candidates)
        return Choice(problem=f"two candidate files or more ({names}): keep one of {expected}")
    note = None if named or named_after else f"graded {shown(candidates[0].name)}, since there is no {expected}"
    return _with_helpers(candidates[0], here, note, expected)


def _with_helpers(main: Item, here: list[Item], note: str | None, expected: str) -> Choice:
    if main.size > MAX_BYTES:
        return Choice(problem=f"{shown(main.name)} is larger than {MAX_BYTES // 2**20} MiB")
    lines, names = [], {looks(main.name)}
    helpers: list[Item] = []
    for item in here:
        if item is main or item.suffix != ".py" or item.problem is not None:
            continue
        if item.size > MAX_BYTES:
            lines.append(f"{shown(item.name)}: larger than {MAX_BYTES // 2**20} MiB")
        elif looks(item.name) in names:
            lines.append(f"{shown(item.name)}: its name looks like another file's")
        else:
            names.add(looks(item.name))
            helpers.append(item)
    if len(helpers) >= MAX_FILES:
        return Choice(problem=f"{len(helpers) + 1} files, more than {MAX_FILES}: hand in {expected} alone")
    if sum(item.size for item in (main, *helpers)) > MAX_TOTAL:
        return Choice(problem=f"more than {MAX_TOTAL // 2**20} MiB of code: hand in {expected} alone")
    return Choice((main, *helpers), note=note, left_out=tuple(lines))


def _folders_with_code(code: list[Item], module: str) -> list[tuple[str, ...]]:
    """The folder to look in: the highest that holds the file that is asked for, else the highest with any code."""
    named = {item.path[:-1] for item in code if item.stem == module}
    any_code = {item.path[:-1] for item in code if not _NO_CANDIDATE.fullmatch(item.name)}
    folders = named or any_code
    depth = min(map(len, folders), default=0)
    return sorted(folder for folder in folders if len(folder) == depth)


def _held(files: list[Item]) -> str:
    if not files:
        return ""
    held = f"; the folder holds {listed(item.shown for item in files)}"
    for item in files:
        if item.problem is not None:
            return f"{held} ({shown(item.name)} is {item.problem})"
        if _OTHER_ARCHIVES.fullmatch(item.name):
            return f"{held} ({shown(item.name)} is not unpacked; hand in the file itself, or a .zip)"
    return held
