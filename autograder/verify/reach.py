"""Which tests a change can reach: only these have to run on a mutant, which saves most of the work.

Everything is read off the sources, and whatever can't be read counts as reached. A test reaches the definitions of the
solution that its function mentions, or the helpers, probes and fixtures that it mentions, and so on; each of them
reaches the definitions that its own text mentions. A mention is a name, an attribute, or a text that is one, also one
that is put together (``f"{layer}_backward"``).

Does not promise: to see a name that is computed in any other way, or a definition that changes what others do without
being mentioned (by setting a default of torch when it is called, say).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Import = ast.Import | ast.ImportFrom
_LIBRARIES = frozenset({"torch", "nn", "np", "numpy", "math"})  # no submission's definition is found in them
_LEAST = 3  # characters that a part of a name must have to stand for it


@dataclass(frozen=True)
class _Mentions:
    """Names that a text mentions, and patterns for those that it puts together."""

    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()

    def __or__(self, other: _Mentions) -> _Mentions:
        return _Mentions(self.names | other.names, self.patterns | other.patterns)

    def among(self, known: Iterable[str]) -> frozenset[str]:
        """Those of the known names that are mentioned."""
        return frozenset(
            name for name in known if name in self.names or any(re.fullmatch(one, name) for one in self.patterns)
        )


class Reach:
    """What the tests of an assignment reach in its solution.

    Args:
        solution: the text of a whole right submission.
        files: the assignment's test files.
    """

    def __init__(self, solution: str, files: Iterable[Path]):
        body = ast.parse(solution).body
        self._known = _by_name(body)
        self._statements = {ast.dump(node) for node in body}
        self._imports = _imports(body)
        self._mentioned = _mentions(body).names | self._known.keys()
        uses = _closed({name: _mentions(nodes, inside=True).among(self._known) for name, nodes in self._known.items()})
        trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
        helpers = _by_name([node for tree in trees for node in tree.body])
        mentioned = {name: _mentions(nodes) for name, nodes in helpers.items()}
        together = _closed({name: found.among(helpers) for name, found in mentioned.items()})
        self._reached: dict[str, frozenset[str]] = {}
        for test in (name for name in helpers if name.startswith("test")):
            direct = mentioned[test]
            for helper in together[test]:
                direct |= mentioned[helper]
            names = direct.among(self._known)
            self._reached[test] = names.union(*(uses[name] for name in names))

    def of(self, source: str) -> Callable[[str], bool]:
        """Whether a test, by its name, can tell this submission from the solution."""
        changed = self._changed(source)

        def can_tell(test: str) -> bool:
            reached = self._reached.get(test.partition("[")[0])
            return changed is None or reached is None or bool(reached & changed)

        return can_tell

    def _changed(self, source: str) -> frozenset[str] | None:
        """Names of the solution's definitions that differ; None: it can't be said what the change affects."""
        theirs = ast.parse(source)
        changed: set[str] = set()
        for node in theirs.body:
            known_import = isinstance(node, _Import) and _imports([node]).items() <= self._imports.items()
            if known_import or ast.dump(node) in self._statements:
                continue
            bound = frozenset(_bound(node))
            if isinstance(node, _Definition) and node.name in self._known:
                changed.add(node.name)
                if not _is_quiet(node):
                    return None
            elif not bound or bound & self._mentioned or not _is_quiet(node):
                return None
        gone = self._known.keys() - _by_name(theirs.body).keys()
        return None if gone else frozenset(changed)


def _by_name(body: Iterable[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Top-level statements by the names that they bind; what else stands there counts for each of them."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, _Import):
            continue
        for name in _bound(node):
            found.setdefault(name, []).append(node)
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _Definition):
        yield node.name
    elif isinstance(node, _Import):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    else:
        yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _imports(nodes: Iterable[ast.stmt]) -> dict[str, tuple[str | None, str]]:
    """What imports bind: names, and where each comes from."""
    found: dict[str, tuple[str | None, str]] = {}
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, _Import):
            origin = node.module if isinstance(node, ast.ImportFrom) else None
            found |= {(alias.asname or alias.name).partition(".")[0]: (origin, alias.name) for alias in node.names}
    return found


def _is_quiet(node: ast.stmt) -> bool:
    """Whether running the statement itself does no more than bind names: no call changes anything elsewhere."""
    if isinstance(node, _Import | ast.FunctionDef | ast.AsyncFunctionDef):
        return True
    if isinstance(node, ast.ClassDef):
        return all(_is_quiet(inner) or _is_text(inner) for inner in node.body)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or not any(isinstance(one, ast.Call) for one in ast.walk(node.value))
    return isinstance(node, ast.Pass)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _mentions(nodes: Iterable[ast.stmt], *, inside: bool = False) -> _Mentions:
    """What statements mention; ``inside`` the solution an attribute is never one of its own definitions."""
    names: set[str] = set()
    patterns: set[str] = set()
    for node in nodes:
        for one in ast.walk(node):
            match one:
                case ast.Attribute(attr=name) if not inside and _root(one) not in _LIBRARIES:
                    names.add(name)
                case ast.Name(id=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                    names.add(name)
                case ast.Constant(value=str(text)):
                    names.update(part for part in text.split(".") if part.isidentifier())
                    if text.isidentifier() and len(text) >= _LEAST and (text[0] == "_" or text[-1] == "_"):
                        patterns.update((f".*{text}", f"{text}.*"))
                case ast.JoinedStr(values=parts):
                    patterns.add("".join(_pattern(part) for part in parts))
    return _Mentions(frozenset(names), frozenset(pattern for pattern in patterns if re.search(r"\w{3}", pattern)))


def _root(node: ast.expr) -> str:
    """The name that an attribute's path starts with, "" for another expression."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _pattern(part: ast.expr) -> str:
    return re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else ".*"


def _closed(uses: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Each name with all that it leads to, itself included."""
    found = {}
    for start in uses:
        seen, left = {start}, [start]
        while left:
            new = uses[left.pop()] - seen
            seen |= new
            left += new
        found[start] = frozenset(seen)
    return found
