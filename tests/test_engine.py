"""What a submission may do to its own process costs the tests that it breaks, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from autograder.core.layers import LANDLOCK, NAMESPACES, SECCOMP
from autograder.core.outcome import Task
from autograder.errors import AssignmentError
from tests.conftest import GOOD, TINY, failed, message

DOUBLE = {"test_double", "test_double_twice", "test_double_noncontiguous"}
HALVE = "\ndef halve(x):\n    if isinstance(x, str):\n        raise ValueError('text')\n    return x / 2\n"

# What it does, its double(), and what the message of the tests that call it must say.
HOSTILE = {
    "loops for ever": ("def double(x):\n    while True:\n        pass\n", "did not finish within 2 s"),
    "sleeps": ("import time\ndef double(x):\n    time.sleep(1000)\n", "did not finish within 2 s"),
    "allocates 100 GB": ("import torch\ndef double(x):\n    return torch.ones(100 * 2**30 // 4)\n", "allocate memory"),
    "eats memory": ("def double(x):\n    x = []\n    while True:\n        x.append(bytearray(2**24))\n", "MemoryError"),
    "prints without end": ("def double(x):\n    while True:\n        print('x' * 1000)\n", "printed more than 64 KiB"),
    "os._exit(0)": ("import os\ndef double(x):\n    os._exit(0)\n", "ended the process (exit code 0)"),
    "SystemExit": ("def double(x):\n    raise SystemExit(0)\n", "raised SystemExit: 0"),
    "segfaults": ("import ctypes\ndef double(x):\n    ctypes.string_at(0)\n", "segmentation fault"),
    "kills itself": ("import os\ndef double(x):\n    os.kill(os.getpid(), 9)\n", "was killed"),
    "recursion": ("def double(x):\n    return double(x)\n", "RecursionError"),
    "returns an object": ("class A: pass\ndef double(x):\n    return A()\n", "is a A"),
    "raises with a hostile text": (
        "class E(Exception):\n    def __str__(self):\n        raise SystemExit\ndef double(x):\n    raise E\n",
        "raised E",
    ),
    "writes to the wire": ("import os\ndef double(x):\n    os.write(3, b'x' * 100)\n    return x * 2\n", "no answer"),
    "closes the wire": ("import os\ndef double(x):\n    os.close(3)\n    return x * 2\n", "double"),
    "huge file": ("def double(x):\n    open('f', 'wb').write(bytes(2**27))\n", "File too large"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_function_costs_only_its_own_tests(grade, what):
    source, said = HOSTILE[what]
    graded = grade({"it": source + HALVE, "good": GOOD}, jobs=2)
    assert failed(graded["it"]) == DOUBLE
    assert said in message(graded["it"], "test_double")
    assert failed(graded["good"]) == set()


FORKS = """
import ctypes, os, time
def double(x):
    for _ in range(4):
        if os.fork() == 0:
            os.setsid()
            os.fork()
            ctypes.CDLL(None).prctl(15, b"{mark}")
            time.sleep(1000)
    time.sleep(0.2)
    return x * 2
"""


def alive(mark: str) -> bool:
    return mark in subprocess.run(["ps", "-eo", "comm"], capture_output=True, text=True, check=True).stdout


def test_processes_are_refused(grade):
    graded = grade({"it": FORKS.replace("{mark}", "never") + HALVE})["it"]
    assert failed(graded) == DOUBLE
    assert "PermissionError" in message(graded, "test_double")


@pytest.mark.parametrize("without", [{SECCOMP, LANDLOCK}, {SECCOMP, LANDLOCK, NAMESPACES}])
def test_forked_children_are_killed_and_cost_nothing(grade, without):
    mark = f"stray{os.getpid()}"
    graded = grade({"it": FORKS.replace("{mark}", mark) + HALVE}, without=without)
    assert failed(graded["it"]) == set()
    assert not alive(mark)


def test_a_forked_child_cannot_answer_for_its_parent(grade):
    source = "import os\ndef double(x):\n    os.fork()\n    return x * 2\n"
    graded = grade({"it": source + HALVE}, without={SECCOMP})
    # A second answer condemns the worker. It may come so late that it meets the next request, and costs that one.
    assert len(failed(graded["it"])) <= 4


def test_an_exception_that_only_bears_the_name_is_another_one(grade):
    source = "class ValueError(Exception):\n    __module__ = 'builtins'\n"
    graded = grade(
        {"it": source + GOOD, "right": "class Mine(ValueError):\n    pass\n" + GOOD.replace("ValueError", "Mine")}
    )
    assert failed(graded["it"]) == {"test_halve_refuses_text"}
    assert failed(graded["right"]) == set()


LOADING = {
    "syntax error": ("def double(x:\n", "line 1: SyntaxError"),
    "import error": ("import a_package_nobody_has\n", "ModuleNotFoundError"),
    "raises": ("x = 1 / 0\n", "ZeroDivisionError: division by zero at line 1"),
    "empty": ("", "the file is empty"),
    "blank": ("\n  \n", "the file is empty"),
    "wrong encoding": ("# Lösung\n".encode("latin-1"), "save the file as UTF-8"),
    "null bytes": (b"x = 1\0", "null bytes"),
    "exits": ("import sys\nsys.exit(0)\n", "importing it exits"),
    "os._exit": ("import os\nos._exit(0)\n", "ended the process (exit code 0)"),
    "loops": ("while True: pass\n", "did not finish within 2 s"),
    "deep": ("(" * 5000 + ")" * 5000, "tiny.py"),
}


@pytest.mark.parametrize("what", LOADING)
def test_what_cannot_be_loaded_is_said_once_and_scores_nothing(grade, what):
    source, said = LOADING[what]
    graded = grade({"it": source})["it"]
    assert said in graded.load_error
    assert "Traceback" not in graded.load_error
    assert len(failed(graded)) == 5


def test_main_block_does_not_run_and_state_is_not_shared(grade):
    source = "if __name__ == '__main__':\n    raise SystemExit\nimport builtins\n"
    source += "builtins.seen = getattr(builtins, 'seen', 0) + 1\nassert builtins.seen == 1\n"
    graded = grade({f"s{i}": source + GOOD for i in range(4)}, jobs=1)
    assert all(failed(item) == set() for item in graded.values())


def test_a_missing_function_is_named(grade):
    graded = grade({"it": HALVE})["it"]
    assert message(graded, "test_double") == "tiny.py defines no `double`; the tests need that exact name"


def test_the_worker_finds_no_tests_secrets_or_paths_around_it(grade):
    source = """
import os, sys
def double(x):
    found = [sys.argv, dict(os.environ), sys.path, os.getcwd(), os.listdir("/proc/self/fd")]
    print("SEEN", found)
    return x * 2 + 1
"""
    graded = grade({"it": source + HALVE})["it"]
    seen = next(outcome.output for outcome in graded.outcomes if outcome.name == "test_double")
    assert "SEEN" in seen
    assert "assignments" not in seen
    assert "tests/course" not in seen
    assert "submissions" not in seen


def test_temporary_files_are_the_submissions_own(grade):
    source = """
import os, tempfile
from pathlib import Path
def double(x):
    place = Path(tempfile.gettempdir())
    assert place == Path(os.environ["TMPDIR"]) == Path.home() == Path.cwd()
    assert (place / "mine").exists() or not (place / "left").exists()
    (place / "mine").touch()
    deep = place
    for _ in range(40):
        deep = deep / "left"
    deep.mkdir(parents=True, exist_ok=True)
    return x * 2
"""

    graded = grade({"one": source + HALVE, "two": source + HALVE}, jobs=1)
    assert all(failed(item) == set() for item in graded.values()), graded


def test_one_time_limit_for_the_whole_submission(grade, tmp_path):
    source = "def double(x):\n    while True:\n        pass\ndef halve(x):\n    while True:\n        pass\n"
    shutil.copytree(TINY, tmp_path / "assignments" / "tiny")
    toml = tmp_path / "assignments" / "tiny" / "assignment.toml"
    text = toml.read_text()
    short = text.replace("\nseconds = 2\nsubmission_seconds = 20\n", "\nseconds = 1\nsubmission_seconds = 2.5\n")
    assert short != text
    toml.write_text(short)
    graded = grade({"it": source}, assignment=load_assignment(toml.parent))["it"]
    assert len(failed(graded)) == 5
    said = [outcome.message for outcome in graded.outcomes]
    assert "did not finish within 1 s" in said[0]
    assert all("the time for the whole submission (2.5 s) is used up" in message for message in said[3:]), said


def test_verdicts_do_not_depend_on_jobs_or_order(grade, tmp_path, tiny):
    sources = {
        "good": GOOD,
        "noise": "import torch\ndef double(x):\n    return x * 2 + torch.rand(()) * 1e-3\n" + HALVE,
        "bad": "def double(x):\n    return x * 3\n" + HALVE,
    }
    one = grade(sources, jobs=1)
    folders = [Task(name, tmp_path / name, "tiny.py") for name in reversed(sources)]
    with Engine(tiny, jobs=3, device="cpu") as engine:
        other = {graded.key: graded for graded in engine.grade(folders)}
    for name in sources:
        assert one[name].outcomes == other[name].outcomes


def test_a_task_may_ask_for_some_tests_only(tmp_path, tiny):
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "tiny.py").write_text(GOOD)
    asked = {"all": (), "one": ("test_halve",), "two": ("test_double_twice", "test_double")}
    with Engine(tiny, jobs=2, device="cpu") as engine:
        tasks = [Task(key, folder, "tiny.py", tests) for key, tests in asked.items()]
        seen = {graded.key: [outcome.name for outcome in graded.outcomes] for graded in engine.grade(tasks)}
        everything = [test.name for test in engine.tests]
    assert seen == {"all": everything, "one": ["test_halve"], "two": ["test_double", "test_double_twice"]}


def test_killing_the_nursery_is_no_ones_zero(tmp_path, tiny):
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "tiny.py").write_text(GOOD)
    tasks = [Task(str(i), folder, "tiny.py") for i in range(12)]
    with Engine(tiny, jobs=2, device="cpu") as engine:
        for number, graded in enumerate(engine.grade(tasks)):
            if number == 3:
                os.kill(engine._nursery.pid, signal.SIGKILL)
            assert graded.error is not None or failed(graded) == set()
            if graded.error is None:
                last = graded
        assert last.key == "11" or number == 11


def test_killing_the_judge_host_is_no_ones_zero(tmp_path, tiny):
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "tiny.py").write_text(GOOD)
    tasks = [Task(str(i), folder, "tiny.py") for i in range(12)]
    seen = []
    with Engine(tiny, jobs=2, device="cpu") as engine:
        for number, graded in enumerate(engine.grade(tasks)):
            if number == 3:
                os.kill(engine._host.pid, signal.SIGKILL)
            assert graded.error is not None or failed(graded) == set()
            seen.append(graded.key)
    assert sorted(seen, key=int) == [str(i) for i in range(12)]


def write_assignment(
    folder: Path, tests: str, toml: str = "points = 1\n[[question]]\nname = 'q'\ntitle = 'Q'\n"
) -> Path:
    folder.mkdir()
    (folder / "assignment.toml").write_text(toml)
    (folder / "test_it.py").write_text("from autograder import *\n" + tests)
    return folder


def test_a_tests_own_limits(tmp_path, grade):
    from autograder.core.assignment import load_assignment

    tests = """
@limits(memory_mb=64)
@points(1, question='q')
def test_little(submission):
    submission.call('f', 2**27)

@limits(output_kb=1)
@points(1, question='q')
def test_quiet(submission):
    submission.call('say', 2000)

@timeout(0.5)
@points(1, question='q')
def test_quick(submission):
    submission.call('sleep', 1.0)

@limits(threads=2)
@points(1, question='q')
def test_two_threads(submission):
    assert submission.call('threads') == 2

@points(1, question='q')
def test_as_usual(submission):
    submission.call('f', 2**27)
    submission.call('say', 2000)
    submission.call('sleep', 1.0)
    assert submission.call('threads') == 1
"""
    toml = "points = 5\n[[question]]\nname = 'q'\ntitle = 'Q'\n"
    assignment = load_assignment(write_assignment(tmp_path / "a", tests, toml))
    source = "import time, torch\nthreads = torch.get_num_threads\nsleep = time.sleep\n"
    source += "def f(n):\n    bytearray(n)\ndef say(n):\n    print('x' * n)\n"
    graded = grade({"it": source}, assignment=assignment)["it"]
    assert failed(graded) == {"test_little", "test_quiet", "test_quick"}
    assert "it may use 64 MiB" in message(graded, "test_little")
    assert "printed more than 1 KiB" in message(graded, "test_quiet")
    assert "did not finish within 0.5 s" in message(graded, "test_quick")


BROKEN_TESTS = {
    "no points": ("def test_it(submission):\n    pass\n", "no points"),
    "wrong total": (
        "@points(2, question='q')\ndef test_it(submission):\n    pass\n",
        "points = 1, but its tests are worth 2",
    ),
    "unknown question": ("@points(1, question='z')\ndef test_it(submission):\n    pass\n", "no [[question]] named 'z'"),
    "no tests": ("", "no tests were collected"),
    "syntax": ("def (", "can't be collected"),
    "probe": ("y = 1\n@probe\ndef p(student):\n    return y\n", "uses the global 'y'"),
    "float": ("@points(0.5, question='q')\ndef test_it(submission):\n    pass\n", "give an int, or a decimal"),
}


@pytest.mark.parametrize("what", BROKEN_TESTS)
def test_an_assignment_that_can_grade_no_one_is_refused(tmp_path, what):
    from autograder.core.assignment import load_assignment

    tests, said = BROKEN_TESTS[what]
    assignment = load_assignment(write_assignment(tmp_path / "a", tests))
    with pytest.raises(AssignmentError) as caught, Engine(assignment, device="cpu"):
        pass
    assert said in str(caught.value)


VERDICTS = {
    "passes": ("pass", "passed"),
    "skips": ("import pytest\n    pytest.skip('later')", "error"),
    "defect": ("assert_close(submission.call('f'), __import__('torch').empty(0))", "error"),
    "undefined name": ("undefined", "error"),
    "plain assert": ("assert submission.call('f') is None", "failed"),
    "trips over the result": ("a, b = submission.call('f')", "failed"),
}


@pytest.mark.parametrize("what", VERDICTS)
def test_verdicts_fail_closed(tmp_path, grade, what):
    from autograder.core.assignment import load_assignment

    body, verdict = VERDICTS[what]
    tests = f"@points(1, question='q')\ndef test_it(submission):\n    {body}\n"
    assignment = load_assignment(write_assignment(tmp_path / "a", tests))
    graded = grade({"it": "import torch\ndef f():\n    return torch.empty(0)\n"}, assignment=assignment)["it"]
    assert graded.outcomes[0].verdict == verdict
    assert (graded.error is not None) == (verdict == "error")


def test_workers_do_not_learn_where_the_data_lies(grade, tmp_path, monkeypatch):
    """Judges read hidden labels from there; workers get neither the variable nor the files."""
    (tmp_path / "labels").write_text("7")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    source = f"""
import os
if "COURSE_DATA" in os.environ:
    raise RuntimeError("told")
try:
    open({str(tmp_path / "labels")!r}).read()
except OSError:
    pass
else:
    raise RuntimeError("read")
{GOOD}
"""
    graded = grade({"curious": source})["curious"]
    assert graded.load_error is None
    assert failed(graded) == set()
