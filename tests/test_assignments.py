"""The assignments as products: right answers get full marks, wrong ones fail exactly the tests that name them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from autograder.core.assignment import Assignment, find_assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Task
from autograder.data import offline_choice
from autograder.release.student import solution_path
from autograder.verify.facts import Result, Verification
from autograder.verify.plan import Plan
from autograder.verify.session import verify
from tests.conftest import ROOT, Engines

NAMES = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))
LEAST = {"variants": 6, "mutants": 30}


def texts(assignment: Assignment, kind: str) -> dict[str, str]:
    folder = ROOT / "solutions" / assignment.name / kind
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.py"))}


def solution(assignment: Assignment) -> str:
    return solution_path(ROOT, assignment).read_text()


@pytest.fixture(scope="module", params=NAMES)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """Of the module, so that one assignment's tests follow each other, on one engine."""
    return find_assignment(ROOT, request.param)


@pytest.fixture
def engine(assignment: Assignment, engines: Engines) -> Engine:
    """One that the tests of an assignment share, for use right now."""
    return engine_of(engines, assignment)


def engine_of(engines: Engines, assignment: Assignment) -> Engine:
    options = {"device": "cpu", "jobs": 2, "data": offline_choice(assignment.data), "seed": 0}
    return engines.shared(assignment, options)


class Unseen:
    """A watcher that says nothing."""

    def start(self, assignment: Assignment, answers: object) -> None:
        pass

    def expect(self, missing: int, known: int) -> None:
        pass

    def graded(self, result: Result) -> None:
        pass


@pytest.fixture
def verified(assignment: Assignment, engines: Engines) -> Callable[..., Verification]:
    """Has answers of some kinds graded, all from the start, and says what follows.

    Each kind is asked for by one test, so that processes that share the tests grade nothing twice.
    """

    def run(*kinds: str) -> Verification:
        def shared(assignment: Assignment, plan: Plan) -> AbstractContextManager[Engine]:
            return nullcontext(engine_of(engines, assignment))

        return verify(ROOT, assignment, Plan(only=kinds, jobs=2), Unseen(), engine=shared)

    return run


def broken(verification: Verification) -> str:
    return "\n".join(f"{one.kind}: {one.who} {one.text}" for one in verification.findings if one.broken)


def test_solution_and_variants_get_full_marks_and_the_stub_nothing(assignment, verified):
    assert len(texts(assignment, "variants")) >= LEAST["variants"]
    verification = verified("solution", "variants", "stub")
    assert not broken(verification)
    assert {result.answer for result in verification.results} == {
        "solution",
        "stub",
        *(f"variants/{name}" for name in texts(assignment, "variants")),
    }


def test_every_mutant_fails_exactly_the_tests_it_names(assignment, verified):
    """By its claims each test is named by a mutant, too."""
    mutants = texts(assignment, "mutants")
    assert len(mutants) >= LEAST["mutants"]
    verification = verified("mutants")
    assert not broken(verification)
    assert {result.answer for result in verification.results} == {f"mutants/{name}" for name in mutants}


def test_about_half_of_the_points_are_hidden(assignment, engine):
    hidden = sum(test.points for test in engine.tests if test.hidden)
    assert 0.35 <= hidden / assignment.points <= 0.65


def test_every_test_says_what_it_wants(engine):
    for test in engine.tests:
        assert test.title.endswith("."), f"{test.name} needs a docstring of one sentence for students"


LAZY = {
    "nothing": "return None",
    "first argument": "return a[0] if a else None",
    "last argument": "return a[-1] if a else None",
    "copy": "return a[0].clone() if a and isinstance(a[0], torch.Tensor) else None",
    "zeros": "return torch.zeros_like(a[0]) if a and isinstance(a[0], torch.Tensor) else 0",
    "ones": "return torch.ones_like(a[0]) if a and isinstance(a[0], torch.Tensor) else 1",
    "two zeros": "return (torch.zeros_like(a[0]),) * 2 if a and isinstance(a[0], torch.Tensor) else (0, 0)",
    "empty": "return torch.empty(0)",
    "ValueError": "raise ValueError('no')",
    "TypeError": "raise TypeError('no')",
    "IndexError": "raise IndexError('no')",
}


def lazy(assignment: Assignment, body: str) -> str:
    """A submission in which every function and method does the same."""
    lines = ["import torch"]
    for node in ast.parse(solution(assignment)).body:
        if isinstance(node, ast.FunctionDef):
            lines += [f"def {node.name}(*a, **k):", f"    {body}"]
        if isinstance(node, ast.ClassDef):
            lines += [f"class {node.name}:", "    def __init__(self, *a, **k):", "        self.params = {}"]
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                    lines += [f"    def {method.name}(self, *a, **k):", f"        {body}"]
    return "\n".join(lines) + "\n"


def test_who_does_nothing_earns_nothing(assignment, engine, tmp_path):
    """Neither for arguments that are left alone, nor for errors that are raised whatever comes."""
    file = f"{assignment.module}.py"
    for what, body in LAZY.items():
        (tmp_path / what).mkdir()
        (tmp_path / what / file).write_text(lazy(assignment, body))
    for graded in engine.grade([Task(what, tmp_path / what, file) for what in LAZY]):
        assert (graded.error, graded.load_error) == (None, None)
        assert [outcome.name for outcome in graded.outcomes if outcome.verdict == "passed"] == [], graded.key


def test_handout_has_a_section_for_each_question_and_the_common_rules(assignment):
    text = (assignment.folder / "handout.md").read_text()
    for question in assignment.questions:
        assert question.title in text or question.name in text, f"nothing on {question.name}"
    for part in ("pytest", "Common mistakes", "float64", "in place", "ValueError"):
        assert part.lower() in text.lower(), f"nothing on {part}"
    assert "$" in text, "the mathematics is in LaTeX"
