"""The assignments as products: right answers get full marks, wrong ones fail exactly the tests that name them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from autograder.core.assignment import Assignment, find_assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.data import offline_choice
from autograder.release.stub import make_stub
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, compose
from tests.conftest import ROOT, Engines, failed

NAMES = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))
LEAST = {"variants": 6, "mutants": 30}


def texts(assignment: Assignment, kind: str) -> dict[str, str]:
    folder = ROOT / "solutions" / assignment.name / kind
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.py"))}


def solution(assignment: Assignment) -> str:
    return solution_path(ROOT, assignment).read_text()


class Grader:
    """Grades answers to one assignment, by engines that all tests of this file share.

    Attributes:
        tests: of the assignment.
        training: the names of those that train models for real.
    """

    def __init__(self, assignment: Assignment, engines: Engines):
        self.assignment = assignment
        self._engines = engines
        self.tests = self._engine(0).tests
        trained = {question.name for question in assignment.questions if question.training}
        self.training = {test.name for test in self.tests if test.question in trained}

    @property
    def names(self) -> set[str]:
        """Of all tests."""
        return {test.name for test in self.tests}

    def grade(
        self, sources: dict[str, str], folder: Path, *, seed: int = 0, without: Collection[str] = ()
    ) -> Iterator[tuple[str, Graded]]:
        """Each source with what became of it.

        Args:
            without: the names of tests that are left out.
        """
        file, tests = f"{self.assignment.module}.py", tuple(sorted(self.names - set(without)))
        tasks = []
        for name, source in sources.items():
            place = Path(mkdtemp(dir=folder))
            (place / file).write_text(source)
            tasks.append(Task(name, place, file, tests))
        for graded in self._engine(seed).grade(tasks):
            assert graded.error is None, f"{graded.key}: {graded.error}"
            assert {outcome.name for outcome in graded.outcomes} == set(tests)
            yield graded.key, graded

    def _engine(self, seed: int) -> Engine:
        data = offline_choice(self.assignment.data)
        return self._engines.shared(self.assignment, {"device": "cpu", "jobs": 2, "data": data, "seed": seed})


def why(graded: Graded) -> str:
    return "\n".join(f"{item.name}: {item.message}" for item in graded.outcomes if item.verdict != "passed")


@pytest.fixture(scope="module", params=NAMES)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """Of the module, so that one assignment's tests follow each other, on one engine."""
    return find_assignment(ROOT, request.param)


@pytest.fixture(scope="module")
def grader(assignment: Assignment, engines: Engines) -> Grader:
    return Grader(assignment, engines)


@dataclass(frozen=True)
class Effort:
    """How often variants and mutants are graded; ``make seeds`` asks for more than the least.

    Attributes:
        seeds: how many.
        trained: of these, how many train models, which costs a hundred times as much as all else.
    """

    seeds: int
    trained: int

    @property
    def least(self) -> bool:
        """Each mutant once."""
        return self.seeds == 1


@pytest.fixture
def effort(pytestconfig: pytest.Config) -> Effort:
    return Effort(pytestconfig.getoption("--seeds"), pytestconfig.getoption("--trained-seeds"))


def test_solution_and_variants_get_full_marks_on_every_seed(assignment, grader, effort, tmp_path):
    right = {"solution": compose(solution(assignment), "")}
    right |= {name: compose(solution(assignment), text) for name, text in texts(assignment, "variants").items()}
    assert len(right) > LEAST["variants"]
    for seed in range(effort.seeds):
        for group, without in right_groups(grader, right, effort, seed):
            for name, graded in grader.grade(group, tmp_path, seed=seed, without=without):
                assert failed(graded) == set(), f"{name}, seed {seed}:\n{why(graded)}"


def right_groups(
    grader: Grader, right: dict[str, str], effort: Effort, seed: int
) -> Iterator[tuple[dict[str, str], Collection[str]]]:
    """Right answers with the tests that are left out for them; in the least effort variants don't train for bars.

    That variants reach the bars is recorded in calibrations (see test_calibrations).
    """
    bars = grader.assignment.bars
    if seed >= effort.trained:
        yield right, grader.training
    elif not (effort.least and bars):
        yield right, ()
    else:
        yield {"solution": right["solution"]}, ()
        yield {name: text for name, text in right.items() if name != "solution"}, {bar.test for bar in bars}


def test_every_mutant_fails_exactly_the_tests_it_names(assignment, grader, effort, tmp_path):
    mutants = texts(assignment, "mutants")
    assert len(mutants) >= LEAST["mutants"]
    wrong = []
    for seed in range(effort.seeds):
        for group, without in wrong_groups(grader, mutants, effort, seed):
            sources = {name: compose(solution(assignment), text) for name, text in group.items()}
            for name, graded in grader.grade(sources, tmp_path, seed=seed, without=without):
                seen = {outcome.name for outcome in graded.outcomes}
                named = set(caught_by(mutants[name])) & seen
                assert named or not effort.least, f"{name} was graded by no test that it names"
                if failed(graded) != named:
                    wrong.append(f"{name}, seed {seed}: fails {sorted(failed(graded))}, names {sorted(named)}")
    assert not wrong, "\n".join(wrong)


def wrong_groups(
    grader: Grader, mutants: dict[str, str], effort: Effort, seed: int
) -> Iterator[tuple[dict[str, str], Collection[str]]]:
    """Mutants with the tests that are left out for them.

    All of them without training, and with it those that name a test that trains: the others train as the solution does.
    """
    if grader.training and effort.least:
        yield from least_groups(grader, mutants)
        return
    yield mutants, grader.training
    if grader.training and seed < effort.trained:
        yield {name: text for name, text in mutants.items() if grader.training & set(caught_by(text))}, ()


def least_groups(grader: Grader, mutants: dict[str, str]) -> Iterator[tuple[dict[str, str], Collection[str]]]:
    """Each mutant once: it trains only where nothing else catches it, and for a bar only where nothing but that does.

    That the tests of bars catch the mutants that name them is recorded in calibrations (see test_calibrations).
    """
    trained, bars = grader.training, {rule.test for rule in grader.assignment.bars}
    named = {name: set(caught_by(text)) for name, text in mutants.items()}
    for chosen, without in (
        ({name for name, tests in named.items() if tests - trained}, trained),
        ({name for name, tests in named.items() if tests <= trained and tests - bars}, bars),
        ({name for name, tests in named.items() if tests <= bars}, ()),
    ):
        yield {name: mutants[name] for name in sorted(chosen)}, without


def test_every_test_is_killed_by_a_mutant(assignment, grader):
    named = {name for text in texts(assignment, "mutants").values() for name in caught_by(text)}
    assert grader.names - named == set()
    assert named - grader.names == set()
    hidden = sum(test.points for test in grader.tests if test.hidden)
    assert 0.35 <= hidden / assignment.points <= 0.65, "about half the points are hidden"


def test_every_test_says_what_it_wants(grader):
    for test in grader.tests:
        assert test.title.endswith("."), f"{test.name} needs a docstring of one sentence for students"


def test_the_stub_scores_nothing(assignment, grader, tmp_path):
    path = solution_path(ROOT, assignment)
    stub = {"stub": make_stub(path.read_text(), path)}
    for _, graded in grader.grade(stub, tmp_path):
        assert failed(graded) == grader.names
        assert graded.load_error is None


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


def test_who_does_nothing_earns_nothing(assignment, grader, tmp_path):
    """Neither for arguments that are left alone, nor for errors that are raised whatever comes."""
    sources = {what: lazy(assignment, body) for what, body in LAZY.items()}
    for what, graded in grader.grade(sources, tmp_path):
        assert graded.load_error is None
        assert [outcome.name for outcome in graded.outcomes if outcome.verdict == "passed"] == [], what


def test_handout_has_a_section_for_each_question_and_the_common_rules(assignment):
    text = (assignment.folder / "handout.md").read_text()
    for question in assignment.questions:
        assert question.title in text or question.name in text, f"nothing on {question.name}"
    for part in ("pytest", "Common mistakes", "float64", "in place", "ValueError"):
        assert part.lower() in text.lower(), f"nothing on {part}"
    assert "$" in text, "the mathematics is in LaTeX"
