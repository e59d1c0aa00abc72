"""A CSV file as its own bytes: cells can be read and replaced, and everything else stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_END = r"\r\n|\r|\n|\Z"


@dataclass
class Row:
    """One row: its cells as they are written, quotes included, and the end of its line."""

    raw: list[str]
    end: str

    def text(self, column: int) -> str:
        """What a cell says; "" for one that the row does not have."""
        cell = self.raw[column] if column < len(self.raw) else ""
        return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell

    def texts(self) -> list[str]:
        """What all cells say."""
        return [self.text(column) for column in range(len(self.raw))]


@dataclass
class Grid:
    """All rows of a file."""

    rows: list[Row]
    delimiter: str

    @classmethod
    def of(cls, text: str, delimiter: str) -> Grid:
        """Take a file apart.

        Raises:
            ValueError: a quoted cell is not as CSV has it; the text says in which row.
        """
        mark = re.escape(delimiter)
        cell = re.compile(rf'(?P<cell>"[^"]*+(?:""[^"]*+)*+"|[^"{mark}\r\n][^{mark}\r\n]*|)(?P<after>{mark}|{_END})')
        rows: list[Row] = []
        raw: list[str] = []
        position = 0
        while position < len(text) or raw:
            match = cell.match(text, position)
            if match is None:
                raise ValueError(f"row {len(rows) + 1}: a quote that is opened in the wrong place or never closed")
            raw.append(match["cell"])
            position = match.end()
            if match["after"] != delimiter:
                rows.append(Row(raw, match["after"]))
                raw = []
        return cls(rows, delimiter)

    def replace(self, row: int, column: int, text: str) -> None:
        """Put another text into a cell; quoted where it must be."""
        cells = self.rows[row].raw
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = quoted(text, self.delimiter)

    def text(self) -> str:
        """The file again."""
        return "".join(self.delimiter.join(row.raw) + row.end for row in self.rows)


def quoted(text: str, delimiter: str = ",") -> str:
    """Text as a cell of CSV."""
    if any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text


def line_of(texts: Sequence[str]) -> str:
    """A row of CSV with its end."""
    return ",".join(quoted(text) for text in texts) + "\r\n"
