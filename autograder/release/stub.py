"""From a solution with marked regions to the stub that students fill in.

The markers are those that course staff know from otter and nbgrader:

- A line BEGIN SOLUTION and a line END SOLUTION (comments of their own, indented as the code) enclose whole statements.
  Inside a function they become ``raise NotImplementedError("name of the function")``; in a class or at top level they
  vanish, which is the place for private helpers. With BEGIN SOLUTION NO PROMPT they vanish in a function too.
- A string statement right after END SOLUTION that is opened by ``\""" # BEGIN PROMPT`` and closed by
  ``\""" # END PROMPT`` holds what stands there instead.
- A statement whose line ends in the comment SOLUTION (or SOLUTION NO PROMPT) vanishes.

Markers of otter and nbgrader that mean something in their notebooks and nothing here (of tests, questions, ignored
lines, a line to delete) are refused: passed over, they would reach students. In otter an inline SOLUTION leaves
``...`` behind; here nothing, so that no function is left with a body that quietly returns None.

Imports that only the solution uses vanish as well, except the course's tools (torch, numpy, …).

Promises: every marker is understood, or refused with its file and line; the stub compiles. Does not promise: that what
stands outside of the regions gives nothing away (``leaks`` looks for the obvious).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from autograder.errors import MarkerError

# What a student of PyTorch needs at hand, also while nothing in the stub uses it yet.
COURSE_TOOLS = frozenset({"torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "numpy"})

_MARKERS = {
    "begin": re.compile(r"#+ ?BEGIN SOLUTION(?P<bare> NO PROMPT)?"),
    "end": re.compile(r"#+ ?END SOLUTION"),
    "end prompt": re.compile(r"# ?END PROMPT"),
    "inline": re.compile(r"# ?SOLUTION( NO PROMPT)?"),
}
# What means something in notebooks of otter or nbgrader, and nothing here; with what to do instead. They are written in
# capitals ("# end of the tests" is prose), but for the one that people write as they like.
_FOREIGN = (
    (
        r"(?:BEGIN|END) (?:HIDDEN )?TESTS?\b|(?:BEGIN|END) TEST CONFIG",
        "tests belong in the assignment's test_*.py",
    ),
    (r"(?:BEGIN|END) QUESTION\b|ASSIGNMENT CONFIG\b", "questions belong in assignment.toml"),
    (r"(?:BEGIN|END) MARK SCHEME\b", "how it is marked belongs beside the solution, not in it"),
    (r"(?:BEGIN|END) IGNORE\b|IGNORE$", "mark what students don't get with BEGIN SOLUTION and END SOLUTION"),
    (r"SEED$", "tests seed what they draw"),
    (
        r"(?i:(?:DELETE|REMOVE) THIS (?:LINE|CELL|BLOCK))\b",
        "end such a line in the comment SOLUTION",
    ),
)
_FOREIGN_MARKERS = tuple((re.compile(rf"#+[ \t-]*(?:{marker})"), instead) for marker, instead in _FOREIGN)
# Anything that somebody may have meant as a marker. Case counts for the inline one only: "# solution of ..." is prose.
LOOKS_LIKE_MARKER = re.compile(
    r"#[^\n]*?(?i:\b(BEGIN|END)[ \t_-]*(SOLUTION|PROMPT))|#+[ \t]*SOLUTION\b|"
    + "|".join(pattern.pattern for pattern, _ in _FOREIGN_MARKERS)
)
_PROMPT = re.compile(r"(?P<quotes>\"\"\"|''')[ \t]*# ?BEGIN PROMPT[ \t]*\n(?P<text>.*\n)?[ \t]*(?P=quotes)", re.DOTALL)

_Block = list[ast.stmt]
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = _Function | ast.ClassDef


@dataclass(frozen=True)
class _Marker:
    kind: str
    line: int  # 1-based
    column: int
    alone: bool  # nothing but space before it on its line
    bare: bool = False  # NO PROMPT


@dataclass(frozen=True)
class _Prompt:
    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Cut:
    """Lines that students don't get.

    Attributes:
        first, last: 1-based, both included, markers and prompt too.
        end: the line of the END marker.
        last_code: the last line that is neither blank nor a comment.
        column: of the marker; None for an inline one.
        instead: what they get in their place; None: the default.
    """

    first: int
    last: int
    end: int
    last_code: int
    column: int | None
    instead: tuple[str, ...] | None

    def holds(self, node: ast.stmt) -> bool:
        first, last = _span(node)
        return self.first <= first and last <= self.last


def make_stub(solution: str, path: Path) -> str:
    """The stub of a solution's text.

    Args:
        path: as error messages should name it.

    Raises:
        MarkerError: the markers are not as they must be, the solution is no Python, or the stub would be none.
    """
    tree = _parse(solution, path)
    replacements = {cut: _replacement(tree, cut, path) for cut in _cuts(solution, path)}
    _refuse_empty_blocks(tree, replacements, path)
    numbered = _tidy(_kept(solution.split("\n"), replacements))
    stub = _joined(numbered)
    try:
        compile(stub, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        number = numbered[min((error.lineno or 1), len(numbered)) - 1][0]
        raise MarkerError(f"{path}:{number}: without the solution this is no Python: {error.msg}") from None
    return _joined(_tidy(_without_idle_imports(stub, tree)))


def secret_line_numbers(solution: str, path: Path) -> set[int]:
    """The lines (1-based) of a solution that students must not get, without the markers and prompts around them.

    Raises:
        MarkerError: as ``make_stub``.
    """
    numbers: set[int] = set()
    for cut in _cuts(solution, path):
        numbers.update(range(cut.first + 1, cut.end) if cut.column is not None else {cut.first})
    return numbers


def _parse(text: str, path: Path) -> ast.Module:
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise MarkerError(f"{path}:{line}: not valid Python: {getattr(error, 'msg', error)}") from None


# ---------------------------------------------------------------------------------------------------------------------
# Finding the markers
# ---------------------------------------------------------------------------------------------------------------------


def _cuts(text: str, path: Path) -> list[_Cut]:
    """The cuts in order of their lines; regions are balanced and don't nest."""
    cuts: list[_Cut] = []
    opened: _Marker | None = None
    for event in _events(text, path):
        where = f"{path}:{event.first if isinstance(event, _Prompt) else event.line}"
        if isinstance(event, _Prompt):
            if opened is not None or not cuts or not _only_blank_between(text, cuts[-1].last, event.first):
                raise MarkerError(f"{where}: a prompt must come right after END SOLUTION")
            cuts[-1] = replace(cuts[-1], last=event.last, last_code=event.last, instead=event.lines)
        elif event.kind == "begin":
            if opened is not None:
                raise MarkerError(f"{where}: BEGIN SOLUTION inside the region that begins in line {opened.line}")
            opened = event
        elif event.kind == "end":
            if opened is None:
                raise MarkerError(f"{where}: END SOLUTION without BEGIN SOLUTION")
            if event.column != opened.column:
                raise MarkerError(f"{where}: END SOLUTION is not indented as its BEGIN SOLUTION in line {opened.line}")
            last_code = _last_code(text, opened.line, event.line)
            instead = () if opened.bare else None
            cuts.append(_Cut(opened.line, event.line, event.line, last_code, opened.column, instead))
            opened = None
        elif opened is None:  # inline; inside of a region it goes with the region
            cuts.append(_Cut(event.line, event.line, event.line, event.line, None, ()))
    if opened is not None:
        raise MarkerError(f"{path}:{opened.line}: BEGIN SOLUTION without END SOLUTION")
    return cuts


def _events(text: str, path: Path) -> Iterator[_Marker | _Prompt]:
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))  # it parses, so tokenizing can't fail
    comments = {token.start[0]: token for token in tokens if token.type == tokenize.COMMENT}
    prompts = {prompt.first: prompt for prompt in _prompts(tokens)}
    ends = {prompt.last for prompt in prompts.values()}
    for number, line in enumerate(text.split("\n"), start=1):
        if LOOKS_LIKE_MARKER.search(line) is None or number in ends:
            continue
        if number in prompts:
            yield prompts[number]
        elif (comment := comments.get(number)) is None or not LOOKS_LIKE_MARKER.search(comment.string):
            raise MarkerError(f"{path}:{number}: a solution marker inside a string")
        else:
            yield _marker(comment, path)


def _prompts(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[_Prompt]:
    for i, token in enumerate(tokens):
        match = _PROMPT.fullmatch(token.string) if token.type == tokenize.STRING else None
        closing = next((later for later in tokens[i + 1 :] if later.string != ";"), None)
        if match and closing and _MARKERS["end prompt"].fullmatch(closing.string.rstrip()):
            yield _Prompt(token.start[0], token.end[0], tuple((match["text"] or "").split("\n")[:-1]))


def _marker(comment: tokenize.TokenInfo, path: Path) -> _Marker:
    """The marker that a comment is.

    Raises:
        MarkerError: it is none, though it looks like one: passed over, it could ship the solution.
    """
    line, column = comment.start
    text = comment.string.rstrip()
    alone = not comment.line[:column].strip()
    for kind in ("begin", "end", "inline"):
        if match := _MARKERS[kind].fullmatch(text):
            if alone is (kind == "inline"):
                place = "a line of its own" if kind != "inline" else "the end of a line of code"
                raise MarkerError(f"{path}:{line}: the marker `{text}` belongs on {place}")
            return _Marker(kind, line, column, alone, bool(match.groupdict().get("bare")))
    for pattern, instead in _FOREIGN_MARKERS:
        if pattern.search(text):
            raise MarkerError(f"{path}:{line}: `{text[:60]}` has no meaning here: {instead}")
    raise MarkerError(f"{path}:{line}: `{text[:60]}` looks like a solution marker, but is none")


def _last_code(text: str, first: int, last: int) -> int:
    """The last line after ``first`` and before ``last`` that is neither blank nor a comment; else ``first``."""
    lines = text.split("\n")
    while last > first and not lines[last - 1].partition("#")[0].strip():
        last -= 1
    return last


def _only_blank_between(text: str, after: int, before: int) -> bool:
    return not any(line.strip() for line in text.split("\n")[after : before - 1])


# ---------------------------------------------------------------------------------------------------------------------
# Judging a cut by the syntax tree
# ---------------------------------------------------------------------------------------------------------------------


def _replacement(tree: ast.Module, cut: _Cut, path: Path) -> tuple[str, ...]:
    """The lines that take a cut's place.

    Raises:
        MarkerError: it does not hold whole statements of one block.
    """
    places = list(_places(tree, cut, path))
    if not places:
        raise MarkerError(f"{path}:{cut.first}: the region holds no whole statement")
    if len({id(block) for _, block, _ in places}) > 1:
        raise MarkerError(f"{path}:{cut.first}: the region reaches over the end of a block")
    owners, _, statement = places[0]
    if cut.column is not None and cut.column != statement.col_offset:
        raise MarkerError(f"{path}:{cut.first}: the marker is not indented as its code")
    if cut.instead is not None:
        return cut.instead
    if not owners or not isinstance(owners[-1], _Function):
        return ()
    name = ".".join(owner.name for owner in owners)
    return (f'{" " * statement.col_offset}raise NotImplementedError("{name}")',)


def _places(
    owner: ast.AST, cut: _Cut, path: Path, owners: tuple[_Named, ...] = ()
) -> Iterator[tuple[tuple[_Named, ...], _Block, ast.stmt]]:
    """The outermost statements inside a cut, each with the functions and classes around it and its block."""
    for block in _blocks(owner):
        for node in block:
            first, last = _span(node)
            if cut.holds(node):
                yield owners, block, node
            elif first < cut.first and cut.last_code <= last:
                yield from _places(node, cut, path, (*owners, node) if isinstance(node, _Named) else owners)
            elif first <= cut.last_code and cut.first <= last:
                raise MarkerError(f"{path}:{cut.first}: the region cuts the statement in line {first} in half")


def _refuse_empty_blocks(tree: ast.Module, replacements: dict[_Cut, tuple[str, ...]], path: Path) -> None:
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.stmt) or any(cut.holds(owner) for cut in replacements):
            continue
        for block in _blocks(owner):
            cuts = {cut for node in block for cut in replacements if cut.holds(node)}
            if not cuts or any(map(_has_code, (replacements[cut] for cut in cuts))):
                continue
            rest = [node for node in block if not any(cut.holds(node) for cut in cuts)]
            if isinstance(owner, _Function) and rest and ast.get_docstring(owner) is not None:
                rest = rest[1:]
            if not rest:
                line = min(cut.first for cut in cuts)
                raise MarkerError(f"{path}:{line}: the region leaves {_describe(owner)} without a body")


def _has_code(lines: Sequence[str]) -> bool:
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def _describe(owner: ast.AST) -> str:
    if isinstance(owner, _Function):
        return f"the function {owner.name}"
    if isinstance(owner, ast.ClassDef):
        return f"the class {owner.name}"
    return f"the `{type(owner).__name__.lower()}` in line {getattr(owner, 'lineno', '?')}"


def _blocks(owner: ast.AST) -> Iterator[_Block]:
    """The statement lists of a node: body, else, finally, and those of its handlers and cases."""
    for name in ("body", "orelse", "finalbody"):
        if isinstance(block := getattr(owner, name, None), list) and block:
            yield block
    for part in [*getattr(owner, "handlers", []), *getattr(owner, "cases", [])]:
        yield from _blocks(part)


def _span(node: ast.stmt) -> tuple[int, int]:
    """First and last line (1-based), decorators included."""
    decorators = [item.lineno for item in getattr(node, "decorator_list", [])]
    return min([node.lineno, *decorators]), node.end_lineno or node.lineno


# ---------------------------------------------------------------------------------------------------------------------
# Writing the stub
# ---------------------------------------------------------------------------------------------------------------------


def _kept(lines: Sequence[str], replacements: dict[_Cut, tuple[str, ...]]) -> Iterator[tuple[int, str | None]]:
    """The stub's lines with the solution's line numbers; a None where lines vanished and left nothing behind."""
    cuts = {cut.first: cut for cut in replacements}
    number = 1
    while number <= len(lines):
        if (cut := cuts.get(number)) is None:
            yield number, lines[number - 1]
            number += 1
        else:
            yield from ((cut.first, line) for line in replacements[cut])
            if not replacements[cut]:
                yield cut.first, None
            number = cut.last + 1


def _tidy(numbered: Iterable[tuple[int, str | None]]) -> list[tuple[int, str]]:
    """Where lines vanished, as many blank lines as the longer of the runs before and after; none at start and end."""
    out: list[tuple[int, str]] = []
    surplus = 0  # blank lines to drop
    for number, line in numbered:
        if line is None:
            surplus = _blank_run(out)
        elif line.strip():
            out.append((number, line))
            surplus = 0
        elif surplus:
            surplus -= 1
        elif out:
            out.append((number, line))
    return out[: len(out) - _blank_run(out)]


def _blank_run(out: Sequence[tuple[int, str]]) -> int:
    """How many lines at the end are blank."""
    return len(list(takewhile(lambda entry: not entry[1].strip(), reversed(out))))


def _joined(numbered: Iterable[tuple[int, str]]) -> str:
    return "".join(f"{line}\n" for _, line in numbered)


def _without_idle_imports(stub: str, solution: ast.Module) -> list[tuple[int, str | None]]:
    """The stub's lines without the top-level imports that the solution uses and the stub does not."""
    tree = ast.parse(stub)
    idle = _used_names(solution) - _used_names(tree)
    lines: list[str | None] = list(stub.split("\n"))
    for node in reversed(tree.body):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        kept = [alias for alias in node.names if _bound(alias) not in idle or _imported(node, alias) in COURSE_TOOLS]
        if len(kept) < len(node.names):
            first, last = _span(node)
            lines[first - 1 : last] = _import_lines(node, kept)
    return list(enumerate(lines, start=1))


def _used_names(tree: ast.Module) -> set[str]:
    """Names that a module reads, also inside annotations that are strings."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                names |= set(re.findall(r"[A-Za-z_]\w*", annotation.value))
    return names


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _imported(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name


def _import_lines(node: ast.Import | ast.ImportFrom, kept: list[ast.alias]) -> list[str | None]:
    if not kept:
        return [None]
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(kept))]
    line = ast.unparse(ast.ImportFrom(node.module, kept, node.level))
    if len(line) <= 120:
        return [line]
    head = line.split(" import ")[0]
    return [f"{head} import (", *(f"    {ast.unparse(alias)}," for alias in kept), ")"]
