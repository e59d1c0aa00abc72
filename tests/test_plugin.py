"""What a student sees: plain pytest on a stub, in process, with the same verdicts as the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import GOOD, TINY, failed

CONFTEST = 'pytest_plugins = ["autograder.plugin"]\n'


@pytest.fixture
def student(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A student's folder: tests, toml, conftest, and a right solution."""
    for name in ("assignment.toml", "test_tiny.py"):
        shutil.copy(TINY / name, pytester.path / name)
    (pytester.path / "conftest.py").write_text(CONFTEST)
    (pytester.path / "tiny.py").write_text(GOOD)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def run(student: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return student.runpytest_subprocess("--device", "cpu", *arguments)


def test_points_of_a_right_solution(student):
    result = run(student)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["points: Tiny", "  Doubling    3.5 of   3.5", "  Halving       2 of     2", "  total       5.5 of   5.5"]
    )
    result.stdout.fnmatch_lines(["*the graders' hidden ones among them, are worth 4.5 more"])


def test_a_failure_teaches_without_frames_of_the_engine(student):
    (student.path / "tiny.py").write_text(
        "def double(x):\n    return x * 2 + (x > 0)\ndef halve(x):\n    return x / 2\n"
    )
    result = run(student, "-k", "test_double")
    result.assert_outcomes(failed=2, deselected=1)
    result.stdout.fnmatch_lines(["double(float64 (3, 4)) is wrong in * of 12 entries", "  got *", "  expected *"])
    result.stdout.no_fnmatch_line("*execution.py*")


def test_a_stub_says_what_to_implement(student):
    (student.path / "tiny.py").write_text("def double(x):\n    raise NotImplementedError('double')\n")
    result = run(student)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["not implemented yet: double (tiny.py:2)"])
    result.stdout.fnmatch_lines(["tiny.py defines no `halve`; the tests need that exact name"])
    result.stdout.fnmatch_lines(["  total         0 of   5.5"])


def test_own_exceptions_keep_their_traceback_prints_and_place(student):
    (student.path / "tiny.py").write_text(
        "def double(x):\n    print('HERE', len(x))\n    return helper(x)\ndef helper(x):\n    return x / 0 @ 1\n"
    )
    result = run(student, "-k", "double_twice")
    result.stdout.fnmatch_lines(["*tiny.py:3: in double*", ">*return x / 0 @ 1*", "E *Error*", "*HERE 2*"])


def test_stop_at_first_failure_and_debugger(student):
    (student.path / "tiny.py").write_text("def double(x):\n    wanted = 41 + 1\n    return missing\n")
    run(student, "-x").assert_outcomes(failed=1)
    child = student.spawn_pytest("--pdb -x --device cpu -k double_twice")
    child.expect("Pdb")
    child.sendline("p wanted")  # the debugger stands in the student's function
    child.expect("42")
    child.sendline("q")
    child.wait()


def test_table_under_xdist(student, monkeypatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    result = run(student, "-n", "2")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["  total       5.5 of   5.5"])


def test_all_or_nothing(student):
    shutil.copytree(TINY / "hidden", student.path / "hidden")
    (student.path / "tiny.py").write_text(GOOD.replace("isinstance(x, str)", "False"))
    result = run(student)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["  Halving       0 of     4", "  total         6 of    10"])


def test_another_file_and_a_notebook(student):
    from autograder.selftest.demo import notebook_of

    other = student.path / "elsewhere"
    other.mkdir()
    (other / "mine.ipynb").write_text(notebook_of(GOOD + "\n\nprint(undefined_name)\n", "Tiny"))
    (student.path / "tiny.py").unlink()
    run(student, "--submission", "elsewhere/mine.ipynb").assert_outcomes(passed=3)
    result = run(student)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*tiny.py: no such file; put your solution there or name it with --submission PATH*"])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def double(x:\n", "tiny.py: line 1: SyntaxError*"),
        ("", "tiny.py: the file is empty*"),
        ("import nobody_has_this\n", "tiny.py: importing it raises ModuleNotFoundError*line 1*"),
    ],
)
def test_a_file_that_does_not_load(student, source, said):
    (student.path / "tiny.py").write_text(source)
    result = run(student)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([said])


def test_seed_changes_inputs_and_repeats(student):
    (student.path / "tiny.py").write_text(
        "def double(x):\n    print('SUM', x.sum().item())\n    assert 0\ndef halve(x):\n    return x / 2\n"
    )

    def sums(seed: str) -> list[str]:
        return [line for line in run(student, "--seed", seed).outlines if line.startswith("SUM")]

    first = sums("0")
    assert first
    assert first == sums("0") != sums("1")


def test_cuda_that_is_not_there(student):
    import torch

    if torch.cuda.is_available():
        result = student.runpytest_subprocess("--device", "cuda")
        result.assert_outcomes(passed=3)
    else:
        result = student.runpytest_subprocess("--device", "cuda")
        result.stdout.fnmatch_lines(["*--device cuda: PyTorch sees no GPU here; run with --device cpu*"])


def test_question_left_out(student):
    run(student, "--skip-question", "halve").assert_outcomes(passed=2, deselected=1)


def test_a_students_own_tests_run_beside(student):
    (student.path / "test_mine.py").write_text("def test_mine():\n    assert 1 + 1 == 2\n")
    run(student).assert_outcomes(passed=4)


def test_two_tests_of_one_name_are_refused(student):
    shutil.copy(student.path / "test_tiny.py", student.path / "test_again.py")
    result = run(student)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*two tests are named test_double*"])


AUTOGRAD = """
import torch
def double(x):
    y = x.clone().requires_grad_()
    (y.square().sum()).backward()
    return y.grad
def halve(x):
    if isinstance(x, str):
        raise ValueError
    return torch.func.grad(lambda y: (y.square() / 4).sum())(x)
"""


def test_autograd_off_in_both_modes(student, grade, tmp_path_factory):
    from autograder.core.assignment import load_assignment

    folder = tmp_path_factory.mktemp("a") / "tiny"
    shutil.copytree(TINY, folder)
    toml = (folder / "assignment.toml").read_text()
    (folder / "assignment.toml").write_text("autograd = false\n" + toml)
    graded = grade({"by_autograd": AUTOGRAD, "good": GOOD}, assignment=load_assignment(folder))
    assert len(failed(graded["by_autograd"])) == 4
    assert "autograd is switched off" in str(graded["by_autograd"].outcomes)
    assert failed(graded["good"]) == set()
    shutil.copy(folder / "assignment.toml", student.path)
    (student.path / "tiny.py").write_text(AUTOGRAD)
    result = run(student)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*autograd is switched off in this assignment*"])
    on = grade({"with_autograd_on": AUTOGRAD})
    assert failed(on["with_autograd_on"]) == set()


SAME_IN_BOTH = {
    "good": GOOD,
    "in place": "def double(x):\n    return x.mul_(2)\ndef halve(x):\n    return x / 2\n",
    "wrong type": "def double(x):\n    return [x]\ndef halve(x):\n    return {x}\n",
    "float32": "def double(x):\n    return (x * 2).float()\ndef halve(x):\n    return x / 2\n",
    "needs contiguous": "def double(x):\n    return x.view(-1).mul(2).view(x.shape)\ndef halve(x):\n    return x / 2\n",
    "random": "import torch\ndef double(x):\n    return x * 2 * torch.rand(()).round()\ndef halve(x):\n    pass\n",
}


@pytest.mark.parametrize("what", SAME_IN_BOTH)
def test_the_same_verdicts_in_process_and_in_the_sandbox(student, grade, what):
    graded = grade({"it": SAME_IN_BOTH[what]})["it"]
    shutil.copytree(TINY / "hidden", student.path / "hidden")
    (student.path / "tiny.py").write_text(SAME_IN_BOTH[what])
    result = run(student, "-rf")
    local = {line.split("::")[1].split(" ")[0] for line in result.outlines if line.startswith("FAILED")}
    assert local == failed(graded)
    assert Path(student.path / "tiny.py").is_file()
