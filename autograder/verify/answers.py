"""The course's own answers to an assignment: the solution, the stub, variants, mutants."""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autograder.core.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.release.stub import make_stub
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, causes_of, compose
from autograder.verify.facts import Answer

_FOLDERS = {"variants": "variant", "mutants": "mutant"}
_KINDS = {"variants": "variant", "mutants": "mutant"} | {kind: kind for kind in ("solution", "stub", "automatic")}


def answers_of(course: Path, assignment: Assignment) -> list[Answer]:
    """The solution, the stub, the variants and the mutants. What the stub fails is known once tests are collected.

    Raises:
        AssignmentError: there is no solution, or a variant or mutant is not as it must be.
        MarkerError: the solution's markers are not as they must be.
    """
    path = solution_path(course, assignment)
    if not path.is_file():
        raise AssignmentError(f"{path}: not found; this is the reference solution")
    solution = path.read_text(encoding="utf-8")
    base, stub = _definitions(solution), make_stub(solution, path)
    answers = [
        Answer("solution", "solution", compose(solution, "")),
        Answer("stub", "stub", stub, changed=_changed(base, stub)),
    ]
    for folder in _FOLDERS:
        for fragment in sorted(path.parent.glob(f"{folder}/*.py")):
            answers.append(_composed(fragment, solution, base))
    return answers


def chosen(answers: Sequence[Answer], patterns: Sequence[str]) -> list[Answer]:
    """Those that a pattern names: by kind ("mutants"), or by name ("mutants/no_*"); without patterns all.

    Raises:
        AssignmentError: a pattern names none.
    """
    if not patterns:
        return list(answers)
    for pattern in patterns:
        if not any(_is_named(answer, pattern) for answer in answers):
            kinds = ", ".join(_KINDS)
            raise AssignmentError(
                f"--only {pattern}: names no answer; kinds are {kinds}, a name is like mutants/no_bias"
            )
    return [answer for answer in answers if any(_is_named(answer, pattern) for pattern in patterns)]


def _is_named(answer: Answer, pattern: str) -> bool:
    if _KINDS.get(pattern) == answer.kind:
        return True
    name = f"automatic/{answer.name}" if answer.kind == "automatic" else answer.name
    return fnmatch.fnmatchcase(name, pattern)


def _composed(path: Path, solution: str, base: Mapping[str, str]) -> Answer:
    text, name = path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.stem}"
    try:
        source, changed = compose(solution, text), _changed(base, text)
        if path.parent.name == "variants":
            return Answer(name, "variant", source, changed=changed)
        return Answer(name, "mutant", source, frozenset(caught_by(text)), changed, frozenset(causes_of(text)))
    except AssignmentError as error:
        raise AssignmentError(f"{path}: {error}") from None


def _changed(base: Mapping[str, str], text: str) -> frozenset[str]:
    """The names of a text's definitions that the solution lacks or has otherwise."""
    return frozenset(name for name, what in _definitions(text).items() if base.get(name) != what)


def _definitions(text: str) -> dict[str, str]:
    """Top-level functions and classes by name, as syntax without docstrings."""
    return dict(_named(ast.parse(text)))


def _named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in ast.walk(node):
                if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
                    part.body = part.body[1:]
            yield node.name, ast.dump(node)
