"""From what students handed in to what they wrote themselves, as a stream of plain tokens.

It works on tokens, not on a syntax tree: a file that does not parse can be a copy too, and deep nesting costs nothing.

What students received is no part of it: imports, signatures of the stub's functions, docstrings, comments and every
line that the stub or a snippet of the handout holds. Names that students choose become one and the same token, texts
another, and parentheses vanish, since many do nothing; names of methods and attributes, numbers, operators and keywords
stay: they are what code does.

The tokens come in units: a function or method each, and what stands between two of them. Nothing is matched across
units, so their order does not matter.
"""

from __future__ import annotations

import builtins
import io
import json
import keyword
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autograder.core.text import one_line, plain_text

MAX_FILE = 256 * 1024  # bytes; what lies behind is not looked at
MAX_LINES = 6_000  # of all files of a submission
MAX_TOKENS = 20_000
_ROW = 4_000  # characters that are read of a line: Python's tokenizer takes quadratic time for some
_LINE = 300  # characters that are shown of a line

_NAME, _TEXT = "V", "S"  # no keyword, builtin or attribute can be taken for them: those are marked
_KEPT_NAMES = frozenset(keyword.kwlist) | frozenset(dir(builtins))
_OWN_OBJECT = frozenset({"self", "cls"})
_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER})
_STARTS_OF_TEXT = frozenset(
    getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)
)
_ENDS_OF_TEXT = frozenset(getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name))
_PYTHON_CELLS = re.compile(r"\s*%%(time|timeit|capture|prun|python3?)\b")
_MAGIC = re.compile(r"^\s*[%!?]")
_SNIPPET = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A file, or a cell of a notebook: what is tokenized by itself."""

    text: str
    first: int  # line of the submission's text that it starts with, from 1


@dataclass(frozen=True)
class Reading:
    """A submission's text.

    Attributes:
        lines: all of it, each line plain and short.
        files: name and first line of each file.
        parts: what to tokenize.
    """

    lines: tuple[str, ...]
    files: tuple[tuple[str, int], ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Token:
    """A normalised token and the line where it stands."""

    text: str
    line: int


@dataclass(frozen=True)
class Received:
    """What every student has from the course, to be left out.

    Attributes:
        names: functions and classes that the stub defines.
        lines: logical lines of the stub and of the handout's snippets, their tokens joined.
    """

    names: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Logical:
    """A logical line: its tokens, comments left out, and how deep it is indented."""

    tokens: tuple[tokenize.TokenInfo, ...]
    depth: int

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(token.string for token in self.tokens)


# ---------------------------------------------------------------------------------------------------------------------
# Texts
# ---------------------------------------------------------------------------------------------------------------------


def read_submission(files: Mapping[str, bytes]) -> Reading:
    """The text of a submission's files, the graded one first; never fails, whatever they hold."""
    lines: list[str] = []
    names: list[tuple[str, int]] = []
    parts: list[Part] = []
    for name, data in files.items():
        names.append((one_line(name, 80), len(lines) + 1))
        for title, text in _texts(name, data[:MAX_FILE]):
            if title and len(lines) < MAX_LINES:
                lines.append(title)
            rows = [row[:_ROW] for row in text.split("\n")[: max(0, MAX_LINES - len(lines))]]
            parts.append(Part("\n".join(rows), len(lines) + 1))
            lines += [one_row(row) for row in rows]
    return Reading(tuple(lines), tuple(names), tuple(parts))


def one_row(row: str) -> str:
    """A line of code as it is shown: plain, its indentation kept."""
    return plain_text(row, _LINE, lines=3).replace("\n", " ").rstrip()


def snippets(handout: str) -> str:
    """The code blocks of a handout."""
    return "\n".join(match[1] for match in _SNIPPET.finditer(handout))


def _texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """A title (or "") and the source of each part of a file."""
    if not name.casefold().endswith(".ipynb"):
        yield "", _decoded(data)
        return
    for number, source in enumerate(_cells(data), start=1):
        yield f"# In[{number}]", _without_magics(source)


def _decoded(data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding, "replace")
    except (SyntaxError, LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return _plain_ends(text)


def _plain_ends(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ").replace("\f", " ")


def _cells(data: bytes) -> Iterator[str]:
    """The sources of a notebook's code cells, of format 3 and 4."""
    try:
        notebook = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return
    sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None
    for holder in sheets if isinstance(sheets, list) else [notebook]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                rows = source if isinstance(source, list) else [source]
                yield _plain_ends("".join(row for row in rows if isinstance(row, str)))


def _without_magics(source: str) -> str:
    if source.lstrip().startswith("%%") and not _PYTHON_CELLS.match(source):
        return ""
    return "\n".join("" if _MAGIC.match(row) else row for row in source.split("\n"))


# ---------------------------------------------------------------------------------------------------------------------
# Tokens
# ---------------------------------------------------------------------------------------------------------------------


def received(stub: str, handout: str = "") -> Received:
    """What students have from the course: the stub's text and the handout's snippets."""
    given = list(_logical_lines(_plain_ends(stub)))
    lines = {" ".join(logical.words) for logical in [*given, *_logical_lines(snippets(_plain_ends(handout)))]}
    names = {logical.words[1] for logical in given if logical.words[0] in ("def", "class")}
    return Received(frozenset(names), frozenset(lines))


def own_units(reading: Reading, course: Received) -> list[list[Token]]:
    """What a student wrote: a list of tokens for each function and each run of code between functions."""
    units: list[list[Token]] = []
    left = MAX_TOKENS
    for part in reading.parts:
        for unit in _units_of(part, course):
            if unit and left > 0:
                units.append(unit[:left])
                left -= len(unit)
    return units


def _units_of(part: Part, course: Received) -> Iterator[list[Token]]:
    current: list[Token] = []
    depth = -1  # of the function that we are in; -1: in none
    for logical in _logical_lines(part.text):
        ends = logical.depth <= depth
        begins = _is_function(logical.words) and (ends or depth < 0)
        if ends or begins:
            yield current
            current, depth = [], logical.depth if begins else -1
        if not _is_given(logical.words, course):
            current += [Token(text, part.first + row - 1) for text, row in _normalised(logical.tokens, course.names)]
    yield current


def _is_function(words: tuple[str, ...]) -> bool:
    return words[0] == "def" or words[:2] == ("async", "def")


def _is_given(words: tuple[str, ...], course: Received) -> bool:
    """Whether a line says nothing about its author."""
    if words[0] in ("import", "from", "@", "pass", "class"):
        return True
    if words[0] == "def" and words[1:2] and (words[1] in course.names or words[1].startswith("__")):
        return True
    if words[:2] == ("raise", "NotImplementedError"):
        return True
    return " ".join(words) in course.lines


def _logical_lines(text: str) -> Iterator[_Logical]:
    """The logical lines up to where the text stops being Python; strings that stand alone are left out."""
    held: list[tokenize.TokenInfo] = []
    depth = 0
    for token in _tokens(text):
        if token.type == tokenize.INDENT:
            depth += 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
        elif token.type == tokenize.NEWLINE:
            if held and not all(token.type == tokenize.STRING for token in held):
                yield _Logical(tuple(held), depth)
            held = []
        elif token.type not in _LAYOUT:
            held.append(token)
    if held:
        yield _Logical(tuple(held), depth)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    rows = iter([f"{row}\n" for row in text.split("\n")])
    try:
        yield from tokenize.generate_tokens(lambda: next(rows, ""))
    except (tokenize.TokenError, SyntaxError, ValueError):  # what was read so far counts
        return


def _normalised(tokens: Iterable[tokenize.TokenInfo], given: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Each token's text, as it is compared, with its line."""
    before = ("", "")  # the two tokens before this one
    inside_text = 0
    for token in tokens:
        shown = None
        if token.type in _STARTS_OF_TEXT:
            shown = _TEXT if not inside_text else None
            inside_text += 1
        elif token.type in _ENDS_OF_TEXT:
            inside_text -= 1
        elif not inside_text:
            shown = _normal(token, before, given)
        if shown is not None:
            yield shown, token.start[0]
        before = (before[1], token.string)


def _normal(token: tokenize.TokenInfo, before: tuple[str, str], given: frozenset[str]) -> str | None:
    if token.type == tokenize.STRING:
        return _TEXT
    if token.type != tokenize.NAME:
        return None if token.string in "()" else token.string.lower()
    if before[1] == ".":
        return _NAME if before[0] in _OWN_OBJECT else f".{token.string}"
    return f"={token.string}" if token.string in _KEPT_NAMES or token.string in given else _NAME
