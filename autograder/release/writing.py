"""Writing what was built, in the place of what was there before: all of it, or nothing.

Promises: an error, or Ctrl-C, leaves every folder and file as it was. Does not promise that for a power cut between two
renames; running the command again mends what it left.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from autograder.core.release_mark import made_from
from autograder.errors import AutograderError
from autograder.release.student import CONFTEST

_NEW, _OLD = ".writing-", ".replaced-"  # how names begin, beside the place, while a release is written


def write_all(contents: Mapping[Path, Mapping[str, bytes] | bytes]) -> None:
    """Write folders (files by path within them) and files.

    Raises:
        AutograderError: a folder that is to be replaced holds something else than a release.
    """
    refuse_others(contents)
    staged = {place: place.with_name(f"{_NEW}{place.name}") for place in contents}
    try:
        for place, content in contents.items():
            _remove(staged[place])
            _write(staged[place], content)
        _move_in(staged)
    finally:
        for path in staged.values():
            _remove(path)


def refuse_others(places: Iterable[Path]) -> None:
    """Judge whether a release may take these places.

    Raises:
        AutograderError: one is a folder that holds something else than a release.
    """
    for place in places:
        if place.is_dir() and not _is_ours(place):
            raise AutograderError(f"{place}: there is something else than a release; name another place with --out")


def _is_ours(folder: Path) -> bool:
    """Whether a folder is empty or an earlier release."""
    if (folder / "conftest.py").is_file():
        return (folder / "conftest.py").read_text(encoding="utf-8", errors="replace") == CONFTEST
    notebooks = list(folder.glob("*.ipynb"))
    return any(made_from(path.read_bytes()) for path in notebooks) or not any(folder.iterdir())


def _write(path: Path, content: Mapping[str, bytes] | bytes) -> None:
    if isinstance(content, bytes):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    else:
        for name, data in content.items():
            _write(path / name, data)


def _move_in(staged: Mapping[Path, Path]) -> None:
    """Move each to its place; where one can't be moved, those before it are moved back."""
    replaced = {place: place.with_name(f"{_OLD}{place.name}") for place in staged}
    with ExitStack() as undo:
        for place, new in staged.items():
            old = replaced[place]
            _remove(old)
            if place.exists():
                place.rename(old)
                undo.callback(old.rename, place)
            undo.callback(_remove, place)
            new.rename(place)
        undo.pop_all()
    for old in replaced.values():
        _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
