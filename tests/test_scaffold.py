"""``autograder new``, ``autograder verify``, and the authors' guide, followed word by word in a course of its own."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.core.assignment import find_assignment
from autograder.core.engine import Engine
from autograder.errors import AssignmentError
from autograder.release.leaks import find_leaks, find_unfit, secrets_of
from autograder.release.scaffold import scaffold
from autograder.release.student import solution_path, student_files
from autograder.verify.answers import answers_of
from autograder.verify.plan import Plan
from autograder.verify.session import verify
from tests import test_assignments
from tests.conftest import ROOT
from tests.test_readme import matches

GUIDE = (ROOT / "assignments" / "README.md").read_text()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    scaffold(folder, "averages")
    return folder


# ---------------------------------------------------------------------------------------------------------------------
# autograder new
# ---------------------------------------------------------------------------------------------------------------------


def test_scaffold_keeps_its_claims(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right answers get full marks, the mutant fails the tests that it names, who does nothing earns nothing."""
    monkeypatch.setattr(test_assignments, "ROOT", course)
    assignment = find_assignment(course, "averages")
    with Engine(assignment, jobs=2, device="cpu", seed=3, accept_less=True) as engine:
        plan, watcher = Plan(first=3, jobs=2), test_assignments.Unseen()
        verification = verify(course, assignment, plan, watcher, engine=lambda *_: nullcontext(engine))
        test_assignments.test_who_does_nothing_earns_nothing(assignment, engine, tmp_path)
    names = ["solution", "stub", "variants/by_a_function", "mutants/unit_columns"]
    assert [answer.name for answer in verification.answers] == names
    assert verification.findings == []
    assert {result.answer for result in verification.results} == set(names)


def test_half_of_a_scaffolds_points_are_hidden_and_every_test_says_what_it_wants(course: Path) -> None:
    assignment = find_assignment(course, "averages")
    points = {}
    for path in assignment.test_files():
        text = path.read_text()
        points[path.parent.name] = sum(map(int, re.findall(r"@points\((\d+)", text)))
        tests = [node for node in ast.parse(text).body if getattr(node, "name", "").startswith("test_")]
        assert tests and all((ast.get_docstring(test) or "").endswith(".") for test in tests)
    assert points == {"averages": 5, "hidden": 5} and assignment.points == 10


def test_scaffold_is_tidy(tmp_path: Path) -> None:
    """By the rules of this course."""
    scaffold(tmp_path, "averages")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "autograder").mkdir()  # by which ruff knows whose imports are the course's own
    (tmp_path / "autograder" / "__init__.py").write_text('"""The engine."""\n')
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_handout_of_a_scaffold_states_the_common_rules(course: Path) -> None:
    assignment = find_assignment(course, "averages")
    test_assignments.test_handout_has_a_section_for_each_question_and_the_common_rules(assignment)


def test_student_folder_of_a_scaffold_leaks_nothing(course: Path) -> None:
    assignment = find_assignment(course, "averages")
    files = student_files(course, assignment)
    secrets = secrets_of(course, assignment, solution_path(course, assignment))
    assert [*find_unfit(files), *find_leaks(files, secrets)] == []
    assert b'raise NotImplementedError("unit_rows")' in files["averages.py"]


def test_new_in_an_empty_folder_starts_a_course_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "averages"]) == 0
    shown = capsys.readouterr().out
    assert "pytest -p autograder.plugin assignments/averages --submission solutions/averages/averages.py" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assignments", "solutions"]
    (tmp_path / "assignments" / "averages" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "assignments" / "averages" / "deep")
    assert main(["new", "medians"]) == 0  # in the course that the folder is in
    assert (tmp_path / "solutions" / "medians" / "medians.py").is_file()


@pytest.mark.parametrize("kind", ["assignments", "solutions"])
def test_new_overwrites_nothing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / kind / "averages" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    assert main(["new", "averages", "--course", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "there is something of that name" in error and error.count("\n") == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


@pytest.mark.parametrize(
    "name, reason",
    [
        ("Averages", "lower-case letters"),
        ("my-averages", "lower-case letters"),
        ("../escape", "lower-case letters"),
        ("a/b", "lower-case letters"),
        ("", "lower-case letters"),
        ("1st", "lower-case letters"),
        ("ünit", "lower-case letters"),
        ("a" * 41, "lower-case letters"),
        ("lambda", "lower-case letters"),
        ("test_me", "pytest would take"),
        ("me_test", "pytest would take"),
        ("conftest", "pytest would take"),
        ("random", "hide the Python module"),
        ("torch", "hide the Python module"),
        ("autograder", "hide the Python module"),
        ("notebooks", "a release has a folder of its own"),
    ],
)
def test_new_refuses_odd_names_in_one_line(
    name: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name, "--course", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------------------
# autograder verify
# ---------------------------------------------------------------------------------------------------------------------


def test_verify_says_which_mutant_names_no_tests(tmp_path: Path) -> None:
    scaffold(tmp_path, "averages")
    (tmp_path / "solutions" / "averages" / "mutants" / "nameless.py").write_text("def unit_rows(x):\n    return x\n")
    with pytest.raises(AssignmentError, match=r"mutants/nameless\.py: a mutant says which tests catch it"):
        answers_of(tmp_path, find_assignment(tmp_path, "averages"))


# ---------------------------------------------------------------------------------------------------------------------
# The guide
# ---------------------------------------------------------------------------------------------------------------------

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WHERE = re.compile(r"\b(Add to|Write)\s+`([^`]+)`:\s*$")


@dataclass(frozen=True)
class Step:
    """A block of the guide: commands with what they print, or text for a file."""

    kind: str  # "run", "Add to", "Write"
    what: str  # a command, or a path
    text: str


def steps() -> list[Step]:
    found: list[Step] = []
    for block in _BLOCK.finditer(GUIDE):
        language, text = block[1], block[2]
        if language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, printed = part.partition("\n")
                found.append(Step("run", command, printed))
        else:
            where = _WHERE.search(GUIDE[: block.start()].rstrip())
            assert where, f"the guide does not say where this goes:\n{text}"
            found.append(Step(where[1], where[2], text))
    return found


def follow(step: Step, course: Path) -> None:
    if step.kind != "run":
        path = course / step.what
        assert path.exists() is (step.kind == "Add to"), path
        path.write_text((path.read_text() if path.exists() else "") + step.text)
        return
    bins = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    environment = {**inherited, "PATH": bins, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    done = subprocess.run(["bash", "-c", step.what], cwd=course, env=environment, capture_output=True, text=True)
    assert not done.stderr.strip(), f"$ {step.what}\n{done.stderr}"
    assert done.returncode == 0, f"$ {step.what}\n{done.stdout}"
    printed = [line for line in done.stdout.splitlines() if line.strip()]
    assert matches(step.text.splitlines(), printed), f"$ {step.what}\n" + "\n".join(printed)


def test_guide_leads_from_nothing_to_graded(tmp_path: Path) -> None:
    assert sum(step.kind == "run" for step in steps()) >= 10
    for step in steps():
        follow(step, tmp_path)


def test_guide_names_what_exists() -> None:
    for command in set(re.findall(r"autograder (\w+)", GUIDE)):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        assert caught.value.code == 0, command
    for target in re.findall(r"`make (\w+)`", GUIDE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()
