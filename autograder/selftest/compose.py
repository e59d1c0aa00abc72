"""Laying a variant or a mutant over the solution, so that its file holds only what differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.errors import AssignmentError

_MARKER = re.compile(r"^\s*#+\s*(BEGIN|END) SOLUTION\b.*$\n?", re.MULTILINE)
_INLINE = re.compile(r"\s*# SOLUTION\s*$", re.MULTILINE)
_CAUGHT_BY, _CAUSES = "CAUGHT_BY", "CAUSES"
_Definition = ast.FunctionDef | ast.ClassDef


def compose(solution: str, fragment: str) -> str:
    """The solution's text with the fragment's top-level definitions in the place of those of the same name.

    New definitions, imports and constants of the fragment come right after the solution's imports; the fragment's
    docstring, its ``CAUGHT_BY`` and ``CAUSES``, and all solution markers are left out. Comments inside definitions are
    kept.

    Raises:
        AssignmentError: the fragment is no Python, or would not take effect as it is written.
    """
    try:
        tree = ast.parse(fragment)
    except SyntaxError as error:
        raise AssignmentError(f"a variant or mutant does not parse: line {error.lineno}: {error.msg}") from None
    base = ast.parse(solution)
    known = {node.name for node in base.body if isinstance(node, _Definition)}
    _refuse_without_effect(tree, base, known)
    replaced = {node.name: node for node in tree.body if isinstance(node, _Definition) and node.name in known}
    added = "".join(_text(fragment, node) for node in tree.body if _is_addition(node, known))
    text = "".join(_pieces(solution, base, fragment, replaced, added))
    return _INLINE.sub("", _MARKER.sub("", text))


def caught_by(fragment: str) -> tuple[str, ...]:
    """The tests that a mutant's file says must catch it: exactly those that fail.

    Raises:
        AssignmentError: it has no ``CAUGHT_BY`` of test names.
    """
    if names := _declared(fragment, _CAUGHT_BY):
        return names
    raise AssignmentError(f"a mutant says which tests catch it: {_CAUGHT_BY} = ('test_...',)")


def causes_of(fragment: str) -> tuple[str, ...]:
    """The diagnoses that a mutant's file says are right, where its tests offer any; none where it says nothing.

    A ``*`` stands for what depends on the inputs, as in names of files: ``("factor *",)``.

    Raises:
        AssignmentError: its ``CAUSES`` is not a tuple of texts.
    """
    causes = _declared(fragment, _CAUSES)
    if causes == ():
        raise AssignmentError(f"a mutant says which diagnoses of it are right: {_CAUSES} = ('...',)")
    return causes or ()


def _declared(fragment: str, constant: str) -> tuple[str, ...] | None:
    """The texts that a constant of the file holds; () where it holds something else, None where it is not there."""
    for node in ast.parse(fragment).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == constant:
            try:
                values = ast.literal_eval(node.value)
            except ValueError:
                return ()
            is_texts = isinstance(values, tuple) and all(isinstance(value, str) and value for value in values)
            return values if is_texts else ()
    return None


def _refuse_without_effect(tree: ast.Module, base: ast.Module, known: set[str]) -> None:
    """Additions stand above the solution's definitions: what they bind to the same name would be lost unnoticed."""
    present = {ast.unparse(node) for node in base.body if _is_future(node)}
    for node in tree.body:
        where = f"a variant or mutant, line {node.lineno}"
        if _is_future(node) and ast.unparse(node) not in present:
            raise AssignmentError(f"{where}: `{ast.unparse(node)}` must stand in the solution, which lacks it")
        targets = node.targets if isinstance(node, ast.Assign) else []
        for name in [target.id for target in targets if isinstance(target, ast.Name) and target.id in known]:
            raise AssignmentError(f"{where}: assigns {name}, which the solution defines; use def or class")


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_addition(node: ast.stmt, known: set[str]) -> bool:
    if isinstance(node, _Definition):
        return node.name not in known
    if isinstance(node, ast.Expr) or _is_future(node):  # the docstring; what the solution has as well
        return False
    return not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (_CAUGHT_BY, _CAUSES))


def _pieces(
    solution: str, base: ast.Module, fragment: str, replaced: dict[str, _Definition], added: str
) -> Iterator[str]:
    lines = solution.splitlines(keepends=True)
    position = 0
    imports = [node.end_lineno or 0 for node in base.body if isinstance(node, ast.Import | ast.ImportFrom)]
    after_imports = max(imports, default=0)
    for node in base.body:
        if isinstance(node, _Definition) and node.name in replaced:
            start, end = _span(node)
            if position <= after_imports < start:
                yield "".join(lines[position:after_imports])
                yield added
                position, added = after_imports, ""
            yield "".join(lines[position:start])
            yield _text(fragment, replaced[node.name])
            position = end
    if added:
        cut = max(after_imports, position)
        yield "".join(lines[position:cut]) + added
        position = cut
    yield "".join(lines[position:])


def _span(node: ast.stmt) -> tuple[int, int]:
    """First line (0-based, decorators included) and the line after the last."""
    decorators = [item.lineno for item in getattr(node, "decorator_list", [])]
    return min([node.lineno, *decorators]) - 1, node.end_lineno or node.lineno


def _text(source: str, node: ast.stmt) -> str:
    start, end = _span(node)
    text = "".join(source.splitlines(keepends=True)[start:end])
    return text if text.endswith("\n") else text + "\n"
