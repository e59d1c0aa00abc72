"""Texts as ``label ||| text`` lines: the Stanford Sentiment Treebank, and any file or folder of one's own.

Promises: labels become 0, 1, … in the order of their names (of their numbers, where they are numbers); a line that is
not as it must be is named by file and number; a folder's test file is never also its dev file; a single file is split
the same way each time, each class in proportion.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from autograder.data.records import Texts, split
from autograder.errors import DataError

SEPARATOR = "|||"
_TRAIN, _DEV, _TEST = "train.txt", "dev.txt", "test.txt"
_SPLIT_SEED = 1000


class _Line(NamedTuple):
    label: str
    text: str
    where: str  # file:line


def load_path(path: Path) -> Texts:
    """Read a file of labelled lines, or a folder with ``train.txt``, ``test.txt`` and perhaps ``dev.txt``.

    Raises:
        DataError: it is missing, or not as it must be; the text names file and line.
    """
    parts = _parts(path)
    for part in parts:
        if not part.is_file():
            needs = f"; a folder needs {_TRAIN} and {_TEST}" if path.is_dir() else ""
            raise DataError(f"{part}: no such file{needs}")
    return _load(path, tuple((part.stat().st_size, part.stat().st_mtime_ns) for part in parts))


def load_sst() -> Texts:
    """The sentences of the Stanford Sentiment Treebank, five classes.

    Raises:
        DataError: they are not here, or not as they must be.
    """
    return load_path(_sst_folder())


def describe_sst() -> str:
    """What they are, and where they are read from."""
    return f"Stanford Sentiment Treebank, {describe_path(_sst_folder())}"


def describe_path(path: Path) -> str:
    """How much is in it."""
    texts = load_path(path)
    train, test = len(texts.train_texts), len(texts.test_texts)
    return f"{train:,} texts to train on and {test:,} to test on from {path}, {texts.num_classes} classes"


def _sst_folder() -> Path:
    course = os.environ.get("COURSE_DATA")
    folder = Path(course) / "sst" if course else None
    if folder is None or not folder.is_dir():
        where = f"{folder} is not there" if folder else "COURSE_DATA is not set"
        raise DataError(
            f"sst: {where}; {_TRAIN}, {_DEV} and {_TEST} of the Stanford Sentiment Treebank (lines `label ||| text`) "
            "go into the folder sst of the one that COURSE_DATA names"
        )
    return folder


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [path / _TRAIN, path / _TEST, *([path / _DEV] if (path / _DEV).exists() else [])]


@lru_cache(maxsize=2)
def _load(path: Path, state: tuple[tuple[int, int], ...]) -> Texts:
    parts = {part.name: _read(part) for part in _parts(path)}
    if not path.is_dir():
        return _split(parts[path.name])
    classes = _classes(parts[_TRAIN])
    dev = parts.get(_DEV, [])
    if sorted((line.label, line.text) for line in dev) == sorted((line.label, line.text) for line in parts[_TEST]):
        raise DataError(f"{path / _DEV}: the same lines as {_TEST}; a model must not be chosen by what it is judged by")
    train, test = _columns(parts[_TRAIN], classes), _columns(parts[_TEST], classes)
    return Texts(*train, *test, len(classes), tuple(classes), *_columns(dev, classes))


def _split(lines: list[_Line]) -> Texts:
    classes = _classes(lines)
    train, test = split([line.label for line in lines], seed=_SPLIT_SEED)
    if not test:
        raise DataError(
            f"{lines[0].where}: one line for each label; there must be some to train on and some to test on"
        )
    parts = (_columns([lines[index] for index in part], classes) for part in (train, test))
    (train_texts, train_labels), (test_texts, test_labels) = parts
    return Texts(train_texts, train_labels, test_texts, test_labels, len(classes), tuple(classes))


def _columns(lines: list[_Line], classes: dict[str, int]) -> tuple[list[str], list[int]]:
    for line in lines:
        if line.label not in classes:
            known = ", ".join(classes)
            raise DataError(f"{line.where}: label {line.label!r} does not occur in {_TRAIN}, which has {known}")
    return [line.text for line in lines], [classes[line.label] for line in lines]


def _read(path: Path) -> list[_Line]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror}") from None
    # By line, so that a wrong byte has a line number; and by \n alone: texts may hold what Unicode calls a line's end.
    rows = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    lines = [_parse(row, f"{path}:{number}") for number, row in enumerate(rows, start=1) if row.strip()]
    if not lines:
        raise DataError(f"{path}: no lines in it; each must be `label {SEPARATOR} text`")
    return lines


def _parse(row: bytes, where: str) -> _Line:
    try:
        line = row.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where}: not UTF-8 text (byte {error.start + 1} of the line); save the file as UTF-8"
        ) from None
    label, separator, text = (part.strip() for part in line.partition(SEPARATOR))
    if not (label and separator and text):
        what = f"no {SEPARATOR}" if not separator else "no label" if not label else "no text"
        raise DataError(f"{where}: {what}; each line must be `label {SEPARATOR} text`")
    return _Line(label, text, where)


def _classes(lines: list[_Line]) -> dict[str, int]:
    """Label by name, in the order of the names."""
    names = {line.label for line in lines}
    if len(names) < 2:
        where = lines[0].where.rpartition(":")[0]
        raise DataError(f"{where}: all lines have the label {names.pop()!r}; there must be two classes or more")
    try:
        ordered = sorted(names, key=lambda name: (int(name), name))
    except ValueError:
        ordered = sorted(names)
    return {name: number for number, name in enumerate(ordered)}
