"""What an artefact holds, down to single lines: inside archives, in the cells of notebooks, in the strings of data."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NOTEBOOK = ".ipynb"
WHEEL = ".whl"
_CONTROL = re.compile("[\\0-\\x08\\x0e-\\x1f]")  # no editor writes them


@dataclass(frozen=True)
class Entry:
    """A file of an artefact.

    Attributes:
        where: how messages name it: ``course.zip!folder/file.py`` lies in an archive.
        name: its path inside the folder or archive that holds it.
        data: its bytes.
        beside: all files of that folder or archive, by path.
        in_wheel: it lies right in a wheel.
        inner: its own files where it is an archive, else None.
    """

    where: str
    name: str
    data: bytes
    beside: Mapping[str, bytes]
    in_wheel: bool
    inner: Mapping[str, bytes] | None


def entries(files: Mapping[str, bytes], *, prefix: str = "", in_wheel: bool = False) -> Iterator[Entry]:
    """All files, those in archives included, however deep; an archive comes before what it holds."""
    for name, data in files.items():
        inner = unzip(data)
        yield Entry(f"{prefix}{name}", name, data, files, in_wheel, inner)
        if inner is not None:
            yield from entries(inner, prefix=f"{prefix}{name}!", in_wheel=name.endswith(WHEEL))


def unzip(data: bytes) -> dict[str, bytes] | None:
    """The files of a zip archive or wheel; None: this is none, or one that can't be read."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {item.filename: archive.read(item) for item in archive.infolist() if not item.is_dir()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):  # damaged, encrypted, an odd compression
        return None


def text_of(data: bytes) -> str | None:
    """The text that a file is; None: it is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def lines_of(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The lines of a text file, each with its place in it; nothing for other files.

    Of a JSON document (a notebook too) these are the lines of its strings, decoded, and its numbers; of a Python file
    also those of strings that hold several lines in one.
    """
    text = text_of(data)
    if text is None:
        return
    document = parsed_json(text) if name.endswith((NOTEBOOK, ".json")) else None
    if document is not None:
        yield from _document_lines(document, "", notebook=name.endswith(NOTEBOOK))
        return
    yield from ((str(number), line) for number, line in enumerate(text.split("\n"), start=1))
    if name.endswith(".py"):
        yield from _folded_lines(text)


def parsed_json(text: str) -> Any:
    """What a JSON text says; None: it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _document_lines(value: Any, place: str, *, notebook: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield place or key, key
            if notebook and key == "cells" and not place and isinstance(item, list):
                yield from _cell_lines(item)
            else:
                yield from _document_lines(item, f"{place}.{key}" if place else key, notebook=notebook)
    elif isinstance(value, list) and not _is_numeric(value):
        if all(isinstance(item, str) for item in value):  # the lines of one text, as notebooks keep it
            value = ["".join(value) if any(item.endswith("\n") for item in value) else "\n".join(value)]
        for item in value:
            yield from _document_lines(item, place, notebook=notebook)
    else:
        for line in (value if isinstance(value, str) else json.dumps(value)).split("\n"):
            yield place, line


def _cell_lines(cells: list[Any]) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        for row, line in enumerate(text.split("\n"), start=1):
            yield f"cell {number}, line {row}", line
        rest = {key: value for key, value in cell.items() if key != "source"}
        yield from _document_lines(rest, f"cell {number}", notebook=True)


def _is_numeric(value: Any) -> bool:
    """Whether this is numbers, or lists of them: shown in one line, as measurements are."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_numeric, value))
    return isinstance(value, int | float)


def _folded_lines(source: str) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.lineno == node.end_lineno:
            lines = node.value.split("\n")
            if len(lines) > 1:
                yield from ((str(node.lineno), line) for line in lines)
