"""Tables that people make with spreadsheets: whatever encoding and delimiter theirs chose."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.core.text import one_line
from autograder.errors import CourseError

MAX_BYTES = 20 * 2**20
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Text:
    """The text of a file, and what makes the same bytes of it again."""

    text: str
    encoding: str
    mark: bytes

    def encoded(self, text: str) -> bytes:
        """Another text as this file would hold it."""
        return self.mark + text.encode(self.encoding)


def read_text(path: Path) -> Text:
    """A file in UTF-8 or UTF-16 (with a byte order mark, or plainly so), or else in Windows' Western code page.

    Raises:
        CourseError: it can't be read, is too large, or is no text.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CourseError(f"{path}: can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise CourseError(f"{path}: larger than {MAX_BYTES // 2**20} MiB, so no table of a course")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    if not mark and b"\0" in data[:200]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    for name in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            return Text(data[len(mark) :].decode(name), name, mark)
        except UnicodeDecodeError:
            continue
    raise CourseError(f"{path}: neither UTF-8 nor UTF-16 text; save it as CSV in UTF-8")


def delimiter_of(text: str) -> str:
    """What separates the cells: whichever of comma, semicolon and tab the first line has most of outside quotes."""
    header = text.lstrip("\r\n").partition("\n")[0]
    outside = "".join(header.split('"')[::2])
    counts = Counter({mark: outside.count(mark) for mark in ",;\t"})
    return counts.most_common(1)[0][0]


def read_rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a table that hold anything, each with its line: cells by lower-case column name, trimmed.

    Args:
        required: columns that the table must have; others may be there.

    Raises:
        CourseError: it can't be read, or lacks a column.
    """
    text = read_text(path).text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    columns: list[str] = []
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if columns:
                yield reader.line_num, dict(zip(columns, row, strict=False))
                continue
            columns = [name.casefold() for name in row]
            _require(columns, required, path)
    except csv.Error as error:
        raise CourseError(f"{path}:{reader.line_num}: {error}") from None
    if not columns:
        _require([], required, path)


def _require(columns: list[str], required: tuple[str, ...], path: Path) -> None:
    for name in required:
        if columns.count(name) != 1:
            what = "no column" if name not in columns else "two columns"
            found = one_line(", ".join(filter(None, columns))) or "nothing"
            raise CourseError(f"{path}:1: {what} {name!r}; its first line holds: {found}")
