"""The same verdict everywhere: answers by a student's pytest, as notebooks, by ``grade`` and through bundles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.core.assignment import Assignment, find_assignment
from autograder.core.loading import load_submission
from autograder.core.outcome import TestInfo
from autograder.errors import AssignmentError, InfrastructureError
from autograder.release.otter import read_tests
from autograder.verify import modes
from autograder.verify.agreement import disagreements
from autograder.verify.answers import answers_of
from autograder.verify.bundles import Bundle, BundleFailed, told_by_gradescope
from autograder.verify.facts import Answer, Finding, Mode, Result, Seen, Verification
from autograder.verify.local_run import TAKEN_DOWN, Job, LocalRun
from autograder.verify.notebooks import Notebooks
from tests.conftest import TINY

HANDOUT = """# Tiny

## 1. Doubling

`double(x)` is twice x.

## 2. Halving

`halve(x)` is half of x; a text is a ValueError.
"""
SOLUTION = '''"""Tiny functions."""

import torch


# BEGIN SOLUTION
def _scaled(x, factor):
    return x * factor


# END SOLUTION
def double(x: torch.Tensor) -> torch.Tensor:
    """Twice x."""
    # BEGIN SOLUTION
    return _scaled(x, 2)
    # END SOLUTION


def halve(x: torch.Tensor) -> torch.Tensor:
    """Half of x; a text is a ValueError."""
    # BEGIN SOLUTION
    if isinstance(x, str):
        raise ValueError(x)
    return _scaled(x, 1 / 2)
    # END SOLUTION
'''
ANSWERS = {
    "variants/adds": "def double(x):\n    return x + x\n",
    "variants/with_a_class": """
class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return x * self.factor


DOUBLE = Scale(2)


def double(x):
    return DOUBLE(x)
""",
    "mutants/accepts_text": (
        'CAUGHT_BY = ("test_halve_refuses_text",)\ndef halve(x):\n    return x if isinstance(x, str) else x / 2\n'
    ),
    "mutants/assumes_contiguous": (
        'CAUGHT_BY = ("test_double_noncontiguous",)\ndef double(x):\n    return x.view(-1).mul(2).view(x.shape)\n'
    ),
    # What it does to its process must not reach the next answer.
    "mutants/patches_torch": """
CAUGHT_BY = ("test_double", "test_double_noncontiguous", "test_double_twice")


def double(x):
    torch.Tensor.mul = lambda self, other: self - 1
    return x.mul(2)
""",
}
ALL = {"test_double", "test_double_twice", "test_halve", "test_double_noncontiguous", "test_halve_refuses_text"}
DOUBLE = {"test_double", "test_double_twice", "test_double_noncontiguous"}


class Listener:
    """Counts what is to come."""

    def __init__(self) -> None:
        self.expected = 0

    def expect(self, missing: int, known: int) -> None:
        self.expected += missing


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny assignment, whole."""
    return make_course(tmp_path_factory.mktemp("course"))


def make_course(course: Path, extra_toml: str = "") -> Path:
    folder = course / "assignments" / "tiny"
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "handout.md").write_text(HANDOUT)
    with (folder / "assignment.toml").open("a") as toml:
        toml.write(extra_toml)
    files = {"tiny": SOLUTION, **ANSWERS}
    for name, text in files.items():
        path = course / "solutions" / "tiny" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return course


@pytest.fixture(scope="module")
def tiny(course: Path) -> Assignment:
    return find_assignment(course, "tiny")


@pytest.fixture(scope="module")
def answers(course: Path, tiny: Assignment) -> list[Answer]:
    """The course's, and those on which ways to run it differ, or may."""
    solution = answers_of(course, tiny)[0].source
    odd = {
        "exits": replaced(solution, "halve", "    import os; os._exit(0)"),
        "sleeps": replaced(
            solution, "halve", "    if isinstance(x, str): raise ValueError\n    import time; time.sleep(600)"
        ),
        "multiplies": solution.replace("return _scaled(x, 2)", "return x.mul(2)"),
        "prints": solution.replace("return _scaled(x, 2)", 'print("x" * 100_000); return _scaled(x, 2)'),
        "knows": f'{solution}\nimport sys\nif "_pytest.terminal" in sys.modules:\n    double = halve\n',
    }
    return [*answers_of(course, tiny), *(Answer(name, "variant", text) for name, text in odd.items())]


def replaced(source: str, function: str, body: str) -> str:
    """The source with another body of its last function."""
    return source.partition(f"def {function}")[0] + f"def {function}(x):\n{body}\n"


def expected(answer: Answer) -> set[str]:
    """The tests that it fails in the sandbox."""
    odd = {"exits": ALL - DOUBLE, "sleeps": {"test_halve"}, "prints": DOUBLE}
    return ALL if answer.kind == "stub" else odd.get(answer.name, set(answer.fails))


@pytest.fixture(scope="module")
def results(course: Path, tiny: Assignment, answers: list[Answer]) -> dict[Mode, dict[str, Result]]:
    """What became of all answers in the modes that share a process, one answer at a time."""
    found: dict[Mode, dict[str, Result]] = {}
    for mode in ("sandbox", "local", "notebook"):
        listener = Listener()
        ran = list(modes.run(course, tiny, answers, mode, 3, listener))
        assert listener.expected == len(ran) == len(answers)
        found[mode] = {result.answer: result for result in ran}
        assert {(result.mode, result.seed) for result in ran} == {(mode, 3)}
    return found


def test_the_course_gets_the_same_verdicts_by_grade_by_pytest_and_as_a_notebook(results, answers):
    odd = {"knows", "prints"}
    for mode, ran in results.items():
        for answer in answers:
            if mode == "sandbox" or answer.name not in odd:
                assert ran[answer.name].failed == expected(answer), f"{answer.name}, {mode}"
                assert set(ran[answer.name].tests) == ALL


def test_messages_and_causes_are_those_of_a_student(results):
    for mode in ("sandbox", "local", "notebook"):
        seen = results[mode]["mutants/patches_torch"].tests["test_double_twice"]
        assert seen.message.startswith("doubled_twice(x: float32 (2, 3)) is wrong"), mode
        assert results[mode]["stub"].tests["test_double"].message.startswith("not implemented yet"), mode
        assert results[mode]["solution"].tests["test_double"] == Seen("passed")
    same = {results[mode]["mutants/patches_torch"].tests["test_double"].cause for mode in results}
    assert len(same) == 1


def test_what_ends_the_process_costs_one_test_and_is_declared(results, course, tiny, answers):
    for name in ("exits", "sleeps"):
        message = results["local"][name].tests["test_halve"].message
        assert message == f"test_halve {TAKEN_DOWN}"
        assert results["local"][name].tests["test_double_noncontiguous"].verdict == "passed"
    findings = found_in(results, tiny, answers)
    declared = {finding.who for finding in findings if finding.kind == "differs on purpose"}
    assert declared == {"exits", "sleeps", "prints"}
    assert not any(finding.broken for finding in findings if finding.who in declared)


def test_an_answer_that_knows_where_it_runs_is_found(results, tiny, answers):
    findings = [finding for finding in found_in(results, tiny, answers) if finding.broken]
    assert {(finding.kind, finding.who) for finding in findings} == {("disagreement", "knows")}
    local, notebook = sorted(finding.text for finding in findings)
    assert local.startswith("local: test_double failed (double(float64 (3, 4)) is wrong")
    assert "passed in the sandbox" in local
    assert notebook.startswith("notebook: test_double error (passed by `autograder grade`, failed by pytest: double(")
    assert results["notebook"]["knows"].tests["test_halve"].verdict == "passed"


def found_in(results: dict[Mode, dict[str, Result]], tiny: Assignment, answers: Sequence[Answer]) -> list[Finding]:
    return disagreements(verification(answers, [result for ran in results.values() for result in ran.values()]))


def verification(answers: Sequence[Answer], results: Sequence[Result]) -> Verification:
    return Verification("tiny", "Tiny", (), frozenset(), answers, results)


def test_an_answer_that_can_not_be_imported_says_so_and_a_lost_session_is_an_error(tiny, tmp_path):
    (tmp_path / "tiny.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "half.py").write_text("def double(x):\n    return x * 2\n")
    jobs = [Job(name, tmp_path / f"{name}.py", 0, ("test_double", "test_halve")) for name in ("tiny", "half")]
    with LocalRun(tiny) as local:
        broken, half = local.run(jobs)
        (tmp_path / "kills.py").write_text("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n")
        with pytest.raises(InfrastructureError, match="the local pytest session"):
            list(local.run([Job("kills", tmp_path / "kills.py", 0, ("test_double", "test_halve"))]))
    assert broken.load_error is not None
    assert broken.load_error.startswith("tiny.py: importing it raises ModuleNotFoundError")
    assert broken.failed == {"test_double", "test_halve"}
    assert half.failed == {"test_halve"}
    assert half.load_error is None


def test_tests_that_can_not_be_collected_are_told(tmp_path):
    course = make_course(tmp_path)
    test = course / "assignments" / "tiny" / "test_tiny.py"
    test.write_text("import nothing_of_this_name\n" + test.read_text())
    with (
        pytest.raises(AssignmentError, match=r"test_tiny\.py can't be collected: (?s:.*)nothing_of_this_name"),
        LocalRun(find_assignment(course, "tiny")),
    ):
        pass


# --- notebooks -------------------------------------------------------------------------------------------------------


def test_an_answer_stands_in_the_cells_of_the_released_notebook(course, tiny, answers):
    notebooks = Notebooks(course, tiny)
    with_a_class = next(answer for answer in answers if answer.name == "variants/with_a_class")
    cells = {cell.id: cell.source for cell in read(notebooks.filled(with_a_class.source)).cells}
    assert "import torch" in cells["preamble"]
    assert "class Scale" in cells["preamble"]
    assert cells["question-1-code"].startswith("def double")
    assert "def halve" in cells["question-2-code"]
    assert 'grader.check("double")' in cells["question-1-check"]


def read(notebook: bytes) -> Any:
    return nbformat.reads(notebook.decode(), as_version=4)


def test_an_answer_that_does_not_follow_the_questions_has_one_cell(course, tiny, tmp_path):
    source = "def halve(x):\n    return x / 2\n\n\ndef double(x, by=halve):\n    return by(x) * 4\n"
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(Notebooks(course, tiny).filled(source))
    loaded = load_submission(path, "tiny_of_one_cell")
    assert loaded.notes == ()
    assert loaded.module.double(3) == 6


# --- what runs where -------------------------------------------------------------------------------------------------


class FakeLocalRun:
    """Passes everything, and remembers what that was."""

    ran: list[Job]

    def __init__(self, *_: object, **__: object) -> None:
        FakeLocalRun.ran = []

    def __enter__(self) -> FakeLocalRun:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        for job in jobs:
            self.ran.append(job)
            yield Result(job.answer, job.seed, "local", {test: Seen("passed") for test in job.tests})


@pytest.mark.parametrize(("options", "training"), [
    ({}, {"solution", "stub"}),
    ({"whole": True}, {"solution", "stub", *ANSWERS}),
    ({"whole": True, "training": False}, set()),
])  # fmt: skip
def test_only_the_solution_and_the_stub_train_unless_all_are_to(tmp_path, monkeypatch, options, training):
    monkeypatch.setattr(modes, "LocalRun", FakeLocalRun)
    course = make_course(tmp_path, "training = true\n")  # of the last question, halving
    tiny = find_assignment(course, "tiny")
    ran = list(modes.run(course, tiny, answers_of(course, tiny), "local", 0, Listener(), **options))
    assert len(ran) == 2 + len(ANSWERS)
    assert {job.answer: set(job.tests) for job in FakeLocalRun.ran} == {
        name: ALL if name in training else DOUBLE for name in ("solution", "stub", *ANSWERS)
    }


def test_a_batch_that_is_stopped_stops_the_verification(course, tiny, answers, monkeypatch):
    class StoppedBatch:
        complete = False

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def run(self) -> StoppedBatch:
            return self

    monkeypatch.setattr(modes, "Engine", lambda *_, **__: nullcontext())
    monkeypatch.setattr(modes, "Batch", StoppedBatch)
    with pytest.raises(KeyboardInterrupt):
        list(modes.run(course, tiny, answers, "sandbox", 0, Listener()))


def test_a_mutant_for_each_question_goes_through_bundles(course, tiny):
    mutants = [
        Answer("a", "mutant", "", frozenset({"test_double"})),
        Answer("b", "mutant", "", frozenset({"test_double_twice"})),
        Answer("c", "mutant", "", frozenset({"test_double", "test_halve"})),
        Answer("d", "mutant", "", frozenset({"test_halve"})),
    ]
    others = [
        Answer("solution", "solution", ""),
        Answer("stub", "stub", "", frozenset(ALL)),
        Answer("v", "variant", ""),
    ]
    automatic = Answer("x -> y", "automatic", "")
    chosen = modes.choice([*others, *mutants, automatic], read_tests(tiny))
    assert [answer.name for answer in chosen] == ["solution", "stub", "v", "a", "c"]


# --- bundles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["otter", "gradescope"])
def test_a_real_bundle_says_what_the_sandbox_says(course, tiny, answers, mode):
    listener = Listener()
    mutant = next(answer for answer in answers if answer.name == "mutants/accepts_text")
    (result,) = modes.run(course, tiny, [mutant, Answer("not chosen", "mutant", "")], mode, 5, listener)
    assert listener.expected == 1
    assert (result.answer, result.mode, result.seed, set(result.tests)) == (mutant.name, mode, 5, ALL)
    assert result.failed == mutant.fails
    failed = result.tests["test_halve_refuses_text"]
    assert failed.verdict == "failed"
    assert "hidden" in failed.message.lower()
    assert "(seed " in failed.message


@pytest.fixture
def results_json(tiny: Assignment) -> dict[str, Any]:
    """Gradescope's, of an answer that fails a hidden test of the question that is all or nothing."""
    rows = [
        {"number": "1.1", "status": "passed", "output": "", "score": 3, "max_score": 3},
        {"number": "1.2", "status": "passed", "output": "", "score": 0.5, "max_score": 0.5},
        {"number": "1.3", "status": "passed", "output": "", "score": 2.5, "max_score": 2.5},
        {"number": "2", "status": "failed", "output": "all of them", "score": 0, "max_score": 4},
        {"number": "2.1", "status": "passed", "output": ""},
        {"number": "2.2", "status": "failed", "output": "A hidden test"},
    ]
    return {"score": 6, "tests": rows, "extra_data": {"seed": 8}}


def write_results(monkeypatch: pytest.MonkeyPatch, results: dict[str, Any] | None) -> None:
    """Have Gradescope's program end with these results."""

    def start(bundle: Bundle, command: Sequence[str], folder: Path, places: object) -> str:
        (folder / "results").mkdir()
        if results is not None:
            (folder / "results" / "results.json").write_text(json.dumps(results))
        return "it begins\nMemoryError: no room\n"

    monkeypatch.setattr(Bundle, "_start", start)


def by_bundle(course: Path, tiny: Assignment) -> Result:
    with Bundle(course, tiny, "gradescope") as bundle:
        (result,) = bundle.run([Answer("solution", "solution", SOLUTION)], 0)
    return result


def test_points_of_a_question_are_those_of_its_verdicts(course, tiny, results_json, monkeypatch):
    write_results(monkeypatch, results_json)
    right = by_bundle(course, tiny)
    assert right.failed == {"test_halve_refuses_text"}
    assert right.tests["test_halve_refuses_text"] == Seen("failed", "A hidden test (seed 8)")
    results_json["tests"][3]["score"] = 4
    write_results(monkeypatch, results_json)
    wrong = by_bundle(course, tiny)
    assert wrong.failed == {"test_halve", "test_halve_refuses_text"}
    said = "gradescope gives 4 points for the question, its verdicts make 0 (seed 8)"
    assert {wrong.tests[name] for name in wrong.failed} == {Seen("error", said)}


def test_a_bundle_without_a_result_agrees_with_nothing(course, tiny, results_json, monkeypatch):
    write_results(monkeypatch, None)
    result = by_bundle(course, tiny)
    assert set(result.tests.values()) == {Seen("error", "the bundle gave no result: MemoryError: no room")}
    assert set(result.tests) == ALL
    del results_json["tests"][1]
    write_results(monkeypatch, results_json)
    assert by_bundle(course, tiny).failed > DOUBLE
    with pytest.raises(BundleFailed, match="has no score: The grader"):
        told_by_gradescope({"output": "The grader could not grade this submission."}, {})


# --- disagreements ---------------------------------------------------------------------------------------------------


@pytest.fixture
def compare(tiny: Assignment) -> Callable[..., list[Finding]]:
    def of(*results: Result, answers: Sequence[Answer] = (Answer("a", "mutant", ""),)) -> list[Finding]:
        return disagreements(verification(answers, results))

    return of


def result(mode: Mode, verdict: str, *, seed: int = 0, message: str = "", answer: str = "a") -> Result:
    return Result(answer, seed, mode, {"test_double": Seen(verdict, message)})


def test_verdicts_are_compared_on_the_same_seed(compare):
    found = compare(
        result("sandbox", "failed", seed=0, message="double is wrong\nfar off"),
        result("sandbox", "passed", seed=1),
        result("local", "failed", seed=0),
        result("local", "failed", seed=1, message="is it?"),
    )
    assert [(finding.kind, finding.broken) for finding in found] == [("disagreement", True), ("everywhere", False)]
    assert found[0].text == "local: test_double failed (is it?), passed in the sandbox"
    assert "on seed 1" in found[0].advice


def test_a_bundle_chooses_its_seed_so_only_what_all_seeds_share_is_compared(compare):
    passed, failed = result("sandbox", "passed", seed=0), result("sandbox", "failed", seed=1)
    otter = result("otter", "failed", message="wrong (seed 99)")
    (remark,) = compare(passed, failed, otter)
    assert not remark.broken
    found = compare(passed, replace(passed, seed=1), otter)
    assert [finding.kind for finding in found] == ["disagreement", "everywhere"]
    assert "wrong (seed 99)" in found[0].text


@pytest.mark.parametrize("message", [
    "halve(x) did not finish within 2 s",
    "halve(x) ended the process (exit code 0) instead of returning",
    "halve(x) was killed, most likely for using too much memory",
    "halve(x) crashed: the process ended by a segmentation fault",
    "halve(x) printed more than 64 KiB",
    "halve(x) was not run: the time for the whole submission (20 s) is used up",
    "halve(x) raised RuntimeError: can't allocate memory\n  it may use 256 MiB",
])  # fmt: skip
def test_what_only_a_grader_ends_differs_on_purpose(compare, message):
    ended = result("sandbox", "failed", message=message)
    assert [finding.kind for finding in compare(ended, result("local", "passed"))] == [
        "differs on purpose",
        "everywhere",
    ]
    for others in ((result("sandbox", "passed"), result("local", "failed")), (ended, result("otter", "passed"))):
        assert [finding.kind for finding in compare(*others)] == ["disagreement", "everywhere"]


def test_the_output_says_what_ran_where(compare):
    answers = [Answer("solution", "solution", ""), *(Answer(name, "mutant", "") for name in "abc")]
    automatic = Answer("x -> y", "automatic", "")
    names = [answer.name for answer in answers]
    known = [result("sandbox", "passed", answer=name) for name in names]
    found = compare(*known, *(result("otter", "passed", answer=name) for name in names[:2]), answers=answers)
    assert [finding.text for finding in found] == [
        "2 of 2 answers get the sandbox's verdicts, 2 of them: the solution, 1 of 3 mutants"
    ]
    assert "--everywhere=all" in found[0].advice
    local = [result("local", "passed", answer=name) for name in names]
    (remark,) = compare(*known, *local, answers=[*answers, automatic])
    assert remark.text == "4 of 4 answers get the sandbox's verdicts, 4 of them: the solution, all 3 mutants"
    assert remark.advice == "nothing"
    assert compare(*known, answers=answers) == []


def test_info_of_tests_is_what_bundles_number(tiny):
    """Bundles tell questions and tests by their place: it must be that of the engine."""
    tests: list[TestInfo] = read_tests(tiny)
    assert [test.name for test in tests if test.question == "double"] == [
        "test_double",
        "test_double_twice",
        "test_double_noncontiguous",
    ]
    assert sum((test.points for test in tests), Decimal(0)) == tiny.points
