"""The bundle for otter, with the real ``otter run``: our scores, and nothing of a submission in its interpreters."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from otter.api import grade_submission
from otter.plugins import PluginCollection
from otter.run import main as run_otter
from otter.run.run_autograder.autograder_config import AutograderConfig
from otter.test_files import ExceptionTestFile, GradingResults

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.outcome import TestInfo
from autograder.core.text import plain_text
from autograder.errors import AssignmentError, InfrastructureError
from autograder.grading.batch import Batch, Options
from autograder.grading.otter import PLUGIN, Grader, require_passed, verdicts_of
from autograder.grading.results import ERROR, GRADED
from autograder.intake.folder import find_submissions
from autograder.release.archive import pack
from autograder.release.gradescope import gradescope_files
from autograder.release.otter import OTTER, otter_files, read_tests
from autograder.release.wheel import Wheel
from tests.conftest import GOOD, ROOT, TINY

COURSE = ROOT / "tests" / "course"
WHEEL = Wheel("autograder-0.1.0-py3-none-any.whl", b"a wheel")
PARTLY = """
def double(x):
    print("debugging")
    return x * 2 if x.dim() == 2 and not x.is_contiguous() else x * 3
def halve(x):
    return x if isinstance(x, str) else x / 2
"""
SOURCES = {
    "solution": GOOD,
    "stub": "def double(x):\n    raise NotImplementedError('double')\n",
    "partly": PARTLY,
}


@pytest.fixture
def bundle(tmp_path: Path, tiny: Assignment) -> Path:
    return write(tmp_path / "otter.zip", otter_files(COURSE, tiny, WHEEL))


def write(path: Path, files: dict[str, bytes]) -> Path:
    path.write_bytes(pack(files))
    return path


def otter_run(submission: Path, bundle: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """As in a shell: in a process of its own, which has our package without the current folder."""
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "otter", "run", "-a", str(bundle), "-o", str(out), str(submission)]
    return subprocess.run(command, capture_output=True, text=True, cwd=out)


def by_question(results: GradingResults) -> dict[str, float]:
    return {name: results.get_score(name) for name in results.test_files}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """Points by submission and question, as ``autograder grade`` gives them."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    for name, source in SOURCES.items():
        (folder / f"{name}.py").write_text(source)
    tiny = load_assignment(TINY)
    collected: list[TestInfo] = []
    batch = Batch(
        tiny,
        find_submissions(folder, "tiny"),
        Options(out, device="cpu"),
        on_start=lambda facts, _: collected.extend(facts.tests),
    )
    summaries = batch.run().summaries
    assert read_tests(tiny) == collected  # what is read from the sources is what pytest collects
    return {
        summary.student: {question.name: float(question.score) for question in summary.questions}
        for summary in summaries
    }


@pytest.mark.parametrize(
    ("name", "points"), [("solution", {"double": 6, "halve": 4}), ("stub", {"double": 0, "halve": 0})]
)
def test_otter_scores_as_autograder_grade_does(bundle, tmp_path, ours, name, points):
    (tmp_path / "tiny.py").write_text(SOURCES[name])
    results = grade_submission(str(tmp_path / "tiny.py"), str(bundle), quiet=True)
    assert by_question(results) == ours[name] == points
    assert results.possible == 10
    assert "limits" in results.get_plugin_data(PLUGIN)["isolation"]


def test_the_command_shows_messages_but_not_those_of_hidden_tests(bundle, tmp_path, ours):
    (tmp_path / "tiny.py").write_text(SOURCES["partly"])
    done = otter_run(tmp_path / "tiny.py", bundle, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    rows = {test["name"]: test for test in results["tests"]}
    scores = {name: row["score"] for name, row in rows.items() if "score" in row}
    assert scores == ours["partly"] == {"double": 2.5, "halve": 0}
    assert (rows["double"]["max_score"], rows["halve"]["max_score"]) == (6, 4)
    assert rows["halve"]["visibility"] == "after_published"
    assert "likely cause: factor 1.5" in rows["Public Tests"]["output"]
    assert "debugging" in rows["Public Tests"]["output"]
    assert "Text can't be halved." in rows["halve"]["output"]
    for secret in ("seven", "test_halve_refuses_text", "noncontiguous"):
        assert secret not in json.dumps(results) + done.stdout
    assert "isolation: " in done.stdout
    assert "seed: " in done.stdout


class Bomb:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path):
        self._mark = str(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self._mark, "w")


# What otter starts for a notebook; it takes it from the current folder first.
LAUNCHER = """
open({mark!r}, "w").close()
import sys
sys.path = [path for path in sys.path if path and path != {folder!r}]
from ipykernel import kernelapp
if __name__ == "__main__":
    kernelapp.launch_new_instance()
"""
FORGES = """
try:
    open({mark!r}, "w").close()
    from otter.test_files import GradingResults, TestFile
    GradingResults.total = TestFile.score = TestFile.passed_all = property(lambda self: 1000)
    print('{{"score": 1000}}')
except BaseException:
    pass
"""


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Callable[[], set[str]]]:
    """A submission that runs code in as many of otter's processes as it can, and the marks that it left."""
    marks = tmp_path / "marks"
    marks.mkdir()
    v4: Any = nbformat.v4
    metadata = {"otter": {"tests": ["double"]}, "tags": ["otter_ignore_not"]}
    cells = [v4.new_code_cell(FORGES.format(mark=str(marks / "cell")), metadata=metadata), v4.new_code_cell(PARTLY)]
    files = {
        "tiny.ipynb": nbformat.writes(v4.new_notebook(cells=cells)).encode(),
        ".OTTER_LOG": pickle.dumps(Bomb(marks / "log")),
        "ipykernel_launcher.py": LAUNCHER.format(mark=str(marks / "launcher"), folder="submission").encode(),
        "tests/double.py": b'OK_FORMAT = False\nname = "double"\npoints = 1000\n',
        "files/course/assignments/tiny/test_tiny.py": b"",
        "x.otter": b"[]",
    }
    return write(tmp_path / "hostile.zip", files), lambda: {path.name for path in marks.iterdir()}


def test_nothing_of_a_submission_runs_in_an_interpreter_of_otter(bundle, hostile, tmp_path):
    submission, marks = hostile
    done = otter_run(submission, bundle, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert marks() == set()
    tests = json.loads((tmp_path / "out" / "results.json").read_text())["tests"]
    assert {test["name"]: test.get("score") for test in tests} == {"Public Tests": None, "double": 2.5, "halve": 0}


def test_it_would_run_there_without_our_plugin(tiny, hostile, tmp_path):
    files = otter_files(COURSE, tiny, WHEEL)
    files["otter_config.json"] = b"{}"
    submission, marks = hostile
    otter_run(submission, write(tmp_path / "plain.zip", files), tmp_path / "out")
    assert marks() == {"cell", "log", "launcher"}


def test_what_the_grader_broke_ends_otter_without_a_result(bundle, tmp_path, monkeypatch):
    broken = {"status": ERROR, "problem": "test_halve: OSError: disk full", "tests": [], "questions": []}
    monkeypatch.setattr("autograder.grading.otter.grade_folder", lambda *_, **__: broken)
    (tmp_path / "tiny.py").write_text(GOOD)
    (tmp_path / "out").mkdir()
    with pytest.raises(InfrastructureError, match=r"could not grade tiny\.py, no score: test_halve: OSError"):
        run_otter(str(tmp_path / "tiny.py"), autograder=str(bundle), output_dir=str(tmp_path / "out"), no_logo=True)
    assert list((tmp_path / "out").iterdir()) == []


# What otter does around the plugin, without its kernel.


def grader(folder: Path, **configuration: str) -> Grader:
    """The plugin as otter makes it, for a submission in a folder laid out as otter does it."""
    (folder / "submission").mkdir(parents=True, exist_ok=True)
    collection = PluginCollection([{PLUGIN: configuration}], str(folder / "submission" / "tiny.py"), {})
    (plugin,) = collection._plugins
    assert isinstance(plugin, Grader)
    return plugin


def test_a_plugin_that_has_not_graded_gives_no_verdicts(tmp_path):
    plugin = grader(tmp_path)
    (tmp_path / "submission" / "tiny.py").write_text(GOOD)
    with pytest.raises(InfrastructureError, match="did not call before_grading"):
        plugin.before_execution(nbformat.v4.new_notebook())


# Text of a submission, which must end as text in the cell that otter executes.
TRICKY = {
    "name": "test_double",
    "hidden": False,
    "verdict": "failed",
    "message": "'''\"\"\"\n%%bash\n!ls\n{x} \\u0041 \\ é \u2028 ?",
    "output": "');import os#",
}


@pytest.fixture
def laid_out(tmp_path: Path, tiny: Assignment, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[bool]]:
    """A folder as otter makes it, with what otter would run, and a grader that notes whether it accepts less."""
    asked: list[bool] = []

    def grade(assignment: Assignment, folder: Path, *, accept_less: bool) -> dict[str, Any]:
        asked.append(accept_less)
        return {"status": GRADED, "tests": [TRICKY]}

    monkeypatch.setattr("autograder.grading.otter.grade_folder", grade)
    files = {f"source/{name}": data for name, data in otter_files(COURSE, tiny, WHEEL).items()}
    names = ("tiny.py", "tests/double.py", "otter.py", "__init__.py", ".OTTER_LOG", "x.otter", "a/b/c.py", "report.pdf")
    for name, data in {**files, **{f"submission/{name}": b"" for name in names}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "submission" / "link.py").symlink_to("/nowhere")
    return tmp_path, asked


def test_otter_finds_nothing_to_run_or_unpickle(laid_out):
    folder, asked = laid_out
    plugin = grader(folder, isolation="full")
    config = AutograderConfig({"grade_from_log": True, "seed": 1, "seed_variable": "x", "serialized_variables": {}})
    plugin.before_grading(config)
    left = {str(path.relative_to(folder / "submission")) for path in (folder / "submission").rglob("*")}
    assert left == {"tiny.py", "tests", "tests/double.py", "report.pdf"}
    assert config.grade_from_log is False
    assert (config.seed, config.seed_variable, config.serialized_variables) == (None, None, None)
    assert (folder / "source").stat().st_mode & 0o077 == 0
    notebook = plugin.before_execution(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]))
    assert not (folder / "submission" / "tiny.py").exists()
    (cell,) = notebook.cells
    variables: dict[str, Any] = {}
    exec(TransformerManager().transform_cell(cell.source), variables)  # as otter's interpreter does
    with pytest.raises(AssertionError) as failed:
        require_passed(variables, "test_double")
    assert str(failed.value) == f"{plain_text(TRICKY['message'])}\n\nYour code printed:\n{TRICKY['output']}"
    assert asked == [False]


def test_isolation_is_full_unless_the_configuration_says_so(laid_out, tiny):
    folder, asked = laid_out
    config = json.loads(otter_files(COURSE, tiny, WHEEL)["otter_config.json"])
    assert config["plugins"] == [{PLUGIN: {"isolation": "full"}}]
    grader(folder, isolation="process").before_grading(AutograderConfig())
    grader(folder).before_grading(AutograderConfig())
    assert asked == [True, False]
    with pytest.raises(AssignmentError, match='"full" or "process", not \'some\''):
        grader(folder, isolation="some").before_grading(AutograderConfig())


class Results:
    """Otter's results, as far as the plugin asks."""

    def __init__(self, scores: dict[str, float], lost: str | None = None):
        self._scores = scores
        self.catastrophic_error = lost

    test_files = property(lambda self: list(self._scores))

    def get_score(self, name: str) -> float:
        return self._scores[name]

    def has_catastrophic_failure(self) -> bool:
        return self.catastrophic_error is not None


@pytest.mark.parametrize(("results", "said"), [
    (Results({"double": 0.3, "halve": 4}, lost="no pickle"), "otter lost its results: no pickle"),
    (Results({"double": 0.3, "halve": 3}), "question 'halve' has 3 points in otter and 4.0 here"),
    (Results({"double": 0.3}), "question 'halve' has no points in otter and 4.0 here"),
    (Results({"double": 0.3, "halve": 4, "extra": 0}), "question 'extra' has 0 points in otter and none here"),
])  # fmt: skip
def test_scores_of_otter_that_are_not_ours_are_none(tmp_path, results, said):
    plugin = grader(tmp_path)
    plugin._record = {
        "questions": [{"name": "double", "score": "0.3"}, {"name": "halve", "score": "4"}],
        "problem": None,
        "notes": [],
    }
    with pytest.raises(InfrastructureError, match=said):
        plugin.after_grading(results)


def test_where_there_was_nothing_to_grade_no_test_is_passed():
    with pytest.raises(AssertionError, match="there was nothing to grade"):
        require_passed({"autograder_verdicts": {}}, "test_double")
    assert verdicts_of({"tests": []}) == {}


# What the bundle holds.


@pytest.mark.parametrize(
    "path", sorted((ROOT / "assignments").glob("*/assignment.toml")), ids=lambda path: path.parent.name
)
def test_every_assignment_has_test_files_that_otter_reads(path):
    assignment = load_assignment(path.parent)
    files = otter_files(ROOT, assignment, WHEEL)
    parsed = [
        ExceptionTestFile.from_string(data.decode(), path=name)
        for name, data in files.items()
        if name.startswith("tests/")
    ]
    assert {file.name for file in parsed} == {question.name for question in assignment.questions}
    cases = [case for file in parsed for case in file.test_cases]
    assert sum(Decimal(str(case.points)) for case in cases) == assignment.points
    assert any(case.hidden for case in cases)
    assert not [name for name in files if "solution" in name]


def test_points_that_are_not_written_out_are_refused(tmp_path):
    folder = tmp_path / "assignments" / "one"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text('points = 2\n[[question]]\nname = "q"\ntitle = "Q"\n')

    def make(decorator: str) -> list[TestInfo]:
        (folder / "test_one.py").write_text(f"N = 2\n\n{decorator}\ndef test_q(submission):\n    pass\n")
        return read_tests(load_assignment(folder))

    assert make('@points("2.0", question="q")') == [TestInfo("test_q", "q", Decimal(2), False, "")]
    for decorator in ('@points(N, question="q")', "@points(2)", "", '@points("two", question="q")'):
        with pytest.raises(AssignmentError, match=r"test_one\.py:\d: test_q needs @points"):
            make(decorator)
    with pytest.raises(AssignmentError, match="points = 2, but its tests have 1"):
        make('@points(1, question="q")')
    with pytest.raises(AssignmentError, match="no \\[\\[question\\]\\] named 'other'"):
        make('@points(2, question="other")')


def test_a_question_whose_name_makes_no_file_name_is_refused(tmp_path):
    folder = tmp_path / "assignments" / "one"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text('points = 2\n[[question]]\nname = "../q"\ntitle = "Q"\n')
    (folder / "test_one.py").write_text('@points(2, question="../q")\ndef test_q(submission):\n    pass\n')
    with pytest.raises(AssignmentError, match="makes no file's name"):
        otter_files(tmp_path, load_assignment(folder), WHEEL)


def copied_by_otter(files: Iterable[str]) -> set[str]:
    """What otter's Dockerfile has in the image when it calls setup.sh."""
    return {name for name in files if name in ("setup.sh", "environment.yml") or name.startswith("requirements.")}


def test_setup_needs_only_what_otter_has_copied_by_then(tmp_path, tiny):
    files = otter_files(COURSE, tiny, WHEEL)
    assert copied_by_otter(files) == {"setup.sh", "environment.yml", "requirements.txt", "requirements.whl"}
    assert yaml.safe_load(files["environment.yml"])["name"]
    assert files["requirements.txt"].decode().splitlines() == [f"./{WHEEL.name}[grade]", OTTER]
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    (fakes / "python3.13").write_text(
        '#!/bin/bash\n[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/pip"\nexit 0\n'
    )
    (fakes / "python3.13").chmod(0o755)
    for name in copied_by_otter(files):
        (tmp_path / name).write_bytes(files[name])
    places = {"PATH": f"{fakes}:{os.environ['PATH']}", "AUTOGRADER_ROOT": str(tmp_path)}
    done = subprocess.run(["bash", tmp_path / "setup.sh"], env=places, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / WHEEL.name).read_bytes() == WHEEL.data


def test_both_bundles_hold_the_same_of_the_assignment(tiny):
    ours = {name: data for name, data in gradescope_files(COURSE, tiny, WHEEL).items() if name.startswith("course/")}
    otters = otter_files(COURSE, tiny, WHEEL)
    assert {f"files/{name}": data for name, data in ours.items()} == {
        name: data for name, data in otters.items() if name.startswith("files/")
    }
