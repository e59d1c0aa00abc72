"""Who is trained: the solution and its variants, which are right, and the mutants that a bar must catch."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from autograder.core.assignment import Assignment, BarRule
from autograder.errors import CalibrationError
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, compose

SOLUTION = "solution"
Side = Literal["right", "wrong"]
SIDES: tuple[Side, Side] = ("right", "wrong")


@dataclass(frozen=True)
class Subject:
    """A submission that calibration trains.

    Attributes:
        name: "solution", or the file's name of a variant or mutant, without suffix.
        side: "wrong" for a mutant.
        source: the whole submission.
    """

    name: str
    side: Side
    source: str

    @cached_property
    def code(self) -> str:
        """Hash of what it does."""
        return code_hash(self.source)


def label(side: Side, name: str) -> str:
    """What people call it: "variant einsum"."""
    if side == "wrong":
        return f"mutant {name}"
    return name if name == SOLUTION else f"variant {name}"


def subjects_of(course: Path, assignment: Assignment, rule: BarRule) -> list[Subject]:
    """All right submissions, and of the mutants those that name the bar's test: others are for other tests to catch.

    Raises:
        CalibrationError: there is no solution, or no mutant that a bar could separate from it.
        AssignmentError: a variant or mutant is not as it must be.
    """
    path = solution_path(course, assignment)
    if not path.is_file():
        raise CalibrationError(f"{path}: not found; calibration trains it")
    solution = path.read_text(encoding="utf-8")
    found = [Subject(SOLUTION, "right", compose(solution, ""))]
    for name, text in _fragments(path.parent / "variants"):
        found.append(Subject(name, "right", compose(solution, text)))
    for name, text in _fragments(path.parent / "mutants"):
        if rule.test in caught_by(text):
            found.append(Subject(name, "wrong", compose(solution, text)))
    if found[-1].side == "right":
        raise CalibrationError(
            f"{path.parent / 'mutants'}: none names {rule.test} in its CAUGHT_BY; "
            f"the bar {rule.name!r} has nothing to separate"
        )
    return found


def _fragments(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.py")):
        yield path.stem, path.read_text(encoding="utf-8")


def code_hash(source: str) -> str:
    """Hash of a module's syntax tree without comments and docstrings, the same on every Python that is supported.

    ``ast.dump`` is not: Python 3.12 gave definitions a new field and 3.13 leaves out empty ones.
    """
    return hashlib.sha256(_shape(ast.parse(source)).encode()).hexdigest()[:16]


def _shape(node: object) -> str:
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 ends some with an empty text
        parts = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
        return f"JoinedStr({_shape(parts)})"
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in sorted(node._fields) if name != "kind")  # of u"..."
        shown = (f"{name}={_shape(value)}" for name, value in fields if value is not None and value != [])
        return f"{type(node).__name__}({', '.join(shown)})"
    if isinstance(node, list):
        return f"[{', '.join(_shape(item) for item in node if not _is_text(item))}]"
    return ascii(node)  # not repr: which letters that prints as they are depends on the version


def _is_text(node: object) -> bool:
    """Whether it is a docstring, or another text that does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
