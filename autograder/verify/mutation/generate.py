"""Automatic mutants of a solution: every change that an operator makes at a place, once."""

from __future__ import annotations

import ast
import contextlib
import difflib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from autograder.selftest.compose import compose
from autograder.verify.facts import Answer
from autograder.verify.mutation.operators import PYTHON, code
from autograder.verify.mutation.places import Place, places
from autograder.verify.mutation.tensor_operators import TENSORS

OPERATORS = (*TENSORS, *PYTHON)


def automatic(solution_text: str, path: Path) -> list[Answer]:
    """The automatic mutants of a solution, in the order of its text.

    Each is the solution with one change inside of its marked regions. It compiles, and no two are the same program. Its
    name holds the function and the change, and is the same as long as that code is: "softmax: `a / b` -> `a * b`".

    Args:
        solution_text: with its markers.
        path: as error messages and diffs should name it.

    Raises:
        MarkerError: as ``make_stub``.
    """
    module, found = places(solution_text, path)
    pieces = _Pieces(module, solution_text)
    solution = compose(solution_text, "")
    named: Counter[str] = Counter()
    answers = []
    for place, replacement in _changes(found):
        if (changed := pieces.changed(place, replacement)) is None:
            continue
        name = f"{place.scope.owner or place.definition}: {_name(place, replacement)}"
        named[name] += 1
        if named[name] > 1:  # the same expression stands there twice
            name = f"{name} ({named[name]})"
        source = compose(changed, "")
        definitions = frozenset({place.definition} if place.definition else ())
        diff = _diff(solution, source, path.name)
        answers.append(Answer(name, "automatic", source, changed=definitions, diff=diff))
    return answers


def _changes(found: list[Place]) -> Iterator[tuple[Place, cst.CSTNode]]:
    for place in found:
        for operator in OPERATORS:
            with contextlib.suppress(cst.CSTValidationError):  # what would need another space: ``return(x)``
                for replacement in operator(place.node, place.scope):
                    yield place, replacement


class _Pieces:
    """The text of each top-level statement, so that a change costs one statement and not the file.

    Refuses a change that does not compile, and one that makes a program that was seen before, the solution's included.
    """

    def __init__(self, module: cst.Module, text: str):
        self._module = module
        self._texts = [module.code_for_node(statement) for statement in module.body]
        start = text.index("".join(self._texts)) if self._texts else 0
        self._head, self._tail = text[:start], text[start + sum(map(len, self._texts)) :]
        self._seen = {self._key(number, piece) for number, piece in enumerate(self._texts)}

    def changed(self, place: Place, replacement: cst.CSTNode) -> str | None:
        """The whole text with a node replaced; None if that is no program, or no new one."""
        try:
            statement = self._module.body[place.statement].deep_replace(place.node, replacement)
            piece = self._module.code_for_node(statement)
            compile(piece, "mutant", "exec", dont_inherit=True)  # finds more than the parser does
        except (cst.CSTValidationError, SyntaxError):
            return None
        key = self._key(place.statement, piece)
        if key in self._seen:
            return None
        self._seen.add(key)
        others = self._texts
        return "".join([self._head, *others[: place.statement], piece, *others[place.statement + 1 :], self._tail])

    @staticmethod
    def _key(number: int, piece: str) -> tuple[int, str]:
        tree = ast.parse(piece)
        return number, ast.dump(_WithoutIdleStatements().visit(tree))


class _WithoutIdleStatements(ast.NodeTransformer):
    """``x`` alone on a line is what ``pass`` is."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """What stands for it."""
        return ast.Pass() if isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript) else node


def _name(place: Place, replacement: cst.CSTNode) -> str:
    before = place.node if isinstance(place.node, cst.BaseCompoundStatement) else place.context
    after = before.deep_replace(place.node, replacement) if before is not place.node else replacement
    return f"`{_line(before)}` -> `{_line(after)}`"


def _line(node: cst.CSTNode) -> str:
    """A node in one line: the head of a compound statement, else all of it without comments."""
    if isinstance(node, cst.BaseCompoundStatement):
        return code(node.with_changes(leading_lines=[])).splitlines()[0].partition("  #")[0]
    if isinstance(node, cst.SimpleStatementLine):
        node = node.with_changes(leading_lines=[], trailing_whitespace=cst.TrailingWhitespace())
    if isinstance(node, cst.BinaryOperation | cst.Comparison | cst.BooleanOperation | cst.UnaryOperation):
        node = node.with_changes(lpar=[], rpar=[])
    return re.sub(r"\s+", " ", code(node)).strip()


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} (mutant)", n=2, lineterm="")
    return "\n".join(lines) + "\n"
