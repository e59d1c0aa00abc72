"""From the marked solution to the student's stub.

The convention is the one that course staff know: the lines between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` go, and
inside a function ``raise NotImplementedError`` takes their place; a line that ends in ``# SOLUTION`` goes too. A region
at top level (a private helper that gives the answer away) leaves nothing behind.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import MarkerError

_BEGIN = re.compile(r"#+\s*BEGIN SOLUTION\s*$")
_END = re.compile(r"#+\s*END SOLUTION\s*$")
_INLINE = re.compile(r"#+\s*SOLUTION\s*$")
_ANY = re.compile(r"(BEGIN|END) SOLUTION|#\s*SOLUTION")


@dataclass(frozen=True)
class Region:
    """Lines (1-based, both markers included) that students fill in."""

    first: int
    last: int


def make_stub(solution: str, path: Path) -> str:
    """The stub of a solution's text; ``path`` is named in errors.

    Raises:
        MarkerError: a marker is nested, unmatched, in a string or not alone on its line, or a function loses its body.
    """
    tree = _parsed(solution, path, "the solution")
    lines = solution.splitlines(keepends=True)
    regions, inline = _find_markers(solution, path)
    replacement = {region.first: _replacement(region, tree, lines) for region in regions}
    removed = set(inline)
    for region in regions:
        removed.update(range(region.first, region.last + 1))
    kept = [replacement.get(number, "") if number in removed else line for number, line in enumerate(lines, start=1)]
    stub = re.sub(r"\n{4,}", "\n\n\n", "".join(kept)).rstrip("\n") + "\n"
    try:
        ast.parse(stub)
    except SyntaxError as error:
        line = _line_of_lost_body(tree, removed, replacement) or error.lineno
        raise MarkerError(
            f"{path}:{line}: without its solution lines this has no body; mark a region inside it"
        ) from None
    return stub


def solution_lines(solution: str, path: Path) -> list[str]:
    """The lines that must never reach students, stripped."""
    lines = solution.splitlines()
    regions, inline = _find_markers(solution, path)
    inside = {number for region in regions for number in range(region.first + 1, region.last)} | set(inline)
    return [lines[number - 1].strip() for number in sorted(inside)]


def _find_markers(solution: str, path: Path) -> tuple[list[Region], list[int]]:
    lines = solution.splitlines()
    regions: list[Region] = []
    inline: list[int] = []
    begin: int | None = None
    for number, comment in _comments(solution, path):
        alone = lines[number - 1].strip() == comment
        if not _ANY.search(comment):
            continue
        if _BEGIN.fullmatch(comment) and alone:
            if begin is not None:
                raise MarkerError(f"{path}:{number}: BEGIN SOLUTION inside the region that begins at line {begin}")
            begin = number
        elif _END.fullmatch(comment) and alone:
            if begin is None:
                raise MarkerError(f"{path}:{number}: END SOLUTION without a BEGIN SOLUTION before it")
            regions.append(Region(begin, number))
            begin = None
        elif _INLINE.fullmatch(comment) and not alone:
            inline.append(number)
        else:
            raise MarkerError(f"{path}:{number}: {comment!r} is no marker; markers are comments alone on their line")
    if begin is not None:
        raise MarkerError(f"{path}:{begin}: BEGIN SOLUTION without an END SOLUTION")
    return regions, inline


def _comments(solution: str, path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers and texts of comments; a marker in a string is an error, since it would be taken for one."""
    for token in tokenize.generate_tokens(io.StringIO(solution).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type == tokenize.STRING:
            for offset, line in enumerate(token.string.splitlines()):
                if re.search(r"#+\s*(BEGIN|END) SOLUTION", line):
                    raise MarkerError(f"{path}:{token.start[0] + offset}: a solution marker inside a string")


def _replacement(region: Region, tree: ast.Module, lines: list[str]) -> str:
    owner = _owner(region, tree)
    if owner is None:
        return ""
    indent = re.match(r"\s*", lines[region.first - 1])
    return f'{indent.group() if indent else ""}raise NotImplementedError("{owner}")\n'


def _owner(region: Region, tree: ast.AST, prefix: str = "") -> str | None:
    """``Class.method`` or ``function`` around a region; None at top level and between methods."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if node.lineno < region.first and region.last <= _end_with_markers(node, region):
            name = f"{prefix}{node.name}"
            if isinstance(node, ast.FunctionDef):
                return name
            return _owner(region, node, f"{name}.")
    return None


def _end_with_markers(node: ast.FunctionDef | ast.ClassDef, region: Region) -> int:
    """Last line of a definition; the END marker after its last statement belongs to it when the region began inside."""
    end = node.end_lineno or node.lineno
    return region.last if node.lineno < region.first <= end else end


def _line_of_lost_body(tree: ast.Module, removed: set[int], replacement: dict[int, str]) -> int | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            if all(number in removed and not replacement.get(number) for number in body):
                return node.lineno
    return None


def _parsed(text: str, path: Path, what: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise MarkerError(f"{path}:{error.lineno}: {what} is no valid Python: {error.msg}") from None
