"""The bundle for Gradescope: its scripts in a folder laid out like /autograder, and results.json as documented."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import jsonschema
import pytest

from autograder.cli import main
from autograder.core.assignment import Assignment, find_assignment
from autograder.errors import AssignmentError
from autograder.grading import single
from autograder.grading.batch import Options
from autograder.grading.gradescope import Lateness, gradescope_results, lateness_of
from autograder.grading.results import ERROR, GRADED, NO_FILE, NOT_LOADED
from autograder.intake.model import Intake
from autograder.release.gradescope import PROGRAMS, gradescope_files
from autograder.release.wheel import Wheel
from tests.conftest import GOOD, ROOT

COURSE = ROOT / "tests" / "course"
WHEEL = Wheel("autograder-0.1.0-py3-none-any.whl", b"a wheel")

# https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format" and the sections after it)
VISIBILITY = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
WITHOUT_SCORE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": FORMAT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
        "leaderboard": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value"],
                "properties": {
                    "name": {"type": "string"},
                    "value": {"type": ["number", "string"]},
                    "order": {"enum": ["asc", "desc"]},
                },
            },
        },
    },
}
EVERY_TEST_HAS_ONE = {"required": ["tests"], "properties": {"tests": {"items": {"required": ["score"]}}}}
SCHEMA = {**WITHOUT_SCORE, "anyOf": [{"required": ["score"]}, EVERY_TEST_HAS_ONE]}


@dataclass(frozen=True)
class Container:
    """A folder laid out like /autograder, for one submission."""

    root: Path

    def submit(self, **files: str) -> Container:
        for name, source in files.items():
            (self.root / "submission" / name.replace("__", ".")).write_text(source)
        return self

    def metadata(self, **values: object) -> Container:
        (self.root / "submission_metadata.json").write_text(json.dumps(values))
        return self

    def run(self, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
        places = {"AUTOGRADER_ROOT": str(self.root), "AUTOGRADER_PYTHON": python}
        return subprocess.run(
            [self.root / "run_autograder"],
            env={**os.environ, **places},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def results(self) -> dict[str, Any]:
        return json.loads((self.root / "results" / "results.json").read_text())


def container(root: Path, assignment: Assignment, course: Path = COURSE) -> Container:
    """What Gradescope makes of the bundle, with the results of an earlier run left behind."""
    unpack(gradescope_files(course, assignment, WHEEL), root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "run_autograder").chmod(0o755)
    for name in ("submission", "results"):
        (root / name).mkdir()
    (root / "results" / "results.json").write_text('{"score": 99}')
    return Container(root)


def unpack(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.fixture
def here(tmp_path: Path, tiny: Assignment) -> Container:
    return container(tmp_path / "autograder", tiny)


def scores(results: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Points by row, of those rows that have any."""
    return {test["number"]: (test["score"], test["max_score"]) for test in results["tests"] if "score" in test}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for part in (*value.keys(), *value.values()) for text in texts(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in texts(part))
    elif isinstance(value, str):
        yield value


def test_a_right_submission_gets_full_marks_and_hidden_tests_wait(here):
    (here.root / "source" / "release.json").write_text('{"version": "1.0", "commit": "0123abc"}')
    here.metadata(
        created_at="2026-11-02T10:00:00-08:00", assignment={"due_date": "2026-11-02T12:00:00-08:00"}, users=[]
    )
    done = here.submit(tiny__py=GOOD).run()
    assert done.returncode == 0, done.stdout
    results = here.results
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 10
    assert scores(results) == {"1.1": (3, 3), "1.2": (0.5, 0.5), "1.3": (2.5, 2.5), "2": (4, 4)}
    assert {test["number"]: test["visibility"] for test in results["tests"]} == {
        "1.1": "visible", "1.2": "visible", "1.3": "after_published",
        "2": "after_published", "2.1": "visible", "2.2": "after_published",
    }  # fmt: skip
    assert {test["status"] for test in results["tests"]} == {"passed"}
    assert results["stdout_visibility"] == "hidden"
    assert results["output"] == ""
    assert results["execution_time"] > 0
    assert results["extra_data"]["late_days"] == 0
    assert results["extra_data"]["bundle"] == {"version": "1.0", "commit": "0123abc"}
    assert "limits" in results["extra_data"]["isolation"]
    for name in ("source", "submission_metadata.json"):  # workers have users of their own
        assert stat.S_IMODE((here.root / name).stat().st_mode) & 0o077 == 0


HOSTILE = """
import json, os, sys
print('{"score": 100, "tests": []}')
for path in ("ROOT/results/results.json", "../../results/results.json"):
    try:
        open(path, "w").write('{"score": 100}')
    except OSError as error:
        print(type(error).__name__, "</pre><script>alert(1)</script> \\x1b[31m")
try:
    print(open("ROOT/source/course/assignments/tiny/hidden/test_tiny_hidden.py").read())
except OSError:
    print("no tests to read")

def double(x):
    print("debugging", '"}], "score": 100}')
    return x * 3 if x.dim() != 2 or x.is_contiguous() else x * 2

def halve(x):
    if isinstance(x, str):
        os._exit(0)
    return x / 2
"""


def test_a_hostile_submission_gets_what_its_honest_part_earns(here):
    late = {"due_date": "2026-11-01T12:00:00-08:00"}
    here.metadata(created_at="2026-11-02T12:00:01-08:00", assignment=late, users=[{"name": "Ann Onymous"}])
    done = here.submit(tiny__py=HOSTILE.replace("ROOT", str(here.root))).run()
    assert done.returncode == 0, done.stdout
    results = here.results
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 2.5
    # All or nothing: its public test shows no points, which would tell how the hidden one went.
    assert scores(results) == {"1.1": (0, 3), "1.2": (0, 0.5), "1.3": (2.5, 2.5), "2": (0, 4)}
    rows = {test["number"]: test for test in results["tests"]}
    assert (rows["2.1"]["status"], rows["2"]["visibility"]) == ("passed", "after_published")
    assert "debugging" in rows["1.1"]["output"]
    assert "likely cause: factor 1.5" in rows["1.1"]["output"]
    assert rows["2.2"]["name"] == "Text can't be halved."
    shown = "\n".join(texts(results))
    for secret in ("seven", "test_halve_refuses_text", "os._exit", "noncontiguous", "Ann Onymous", "\x1b"):
        assert secret not in shown
    assert "test_halve_refuses_text" in done.stdout  # staff see it
    assert "assert_close, points" not in done.stdout  # the source of a test: it could not be read
    assert results["output"] == "Handed in 2 days late: it was due 2026-11-01 12:00-08:00."
    assert results["extra_data"]["late_days"] == 2


class NoBatch:
    """Stands for a batch: finds what was handed in unusable, or is interrupted."""

    seen: ClassVar[list[Options]] = []
    complete = True

    def __init__(self, assignment: Assignment, intake: Intake, options: Options):
        self.seen.append(options)
        problem = intake.submissions[0].problem
        self._record = record(status=NO_FILE, problem=problem, score="0", maximum="10", tests=[])

    def run(self) -> SimpleNamespace:
        return SimpleNamespace(complete=self.complete, records=lambda: iter([self._record]))


def test_two_candidates_are_one_line_and_late_days_unknown_cost_nothing(here, monkeypatch, capfd):
    monkeypatch.setattr(single, "Batch", NoBatch)
    (here.root / "submission_metadata.json").write_text("{")
    here.submit(one__py=GOOD, two__ipynb="{}")
    assert main(["gradescope", "--root", str(here.root), "--late-percent", "10"]) == 0
    results = here.results
    jsonschema.validate(results, SCHEMA)
    problem = "two candidate files or more (one.py, two.ipynb): keep one of tiny.py or tiny.ipynb"
    assert results["output"] == f"There was nothing to grade:\n{problem}"
    assert [(test["output"], test["score"], test["max_score"]) for test in results["tests"]] == [(problem, 0, 10)]
    assert "late days are not known" in capfd.readouterr().err
    assert "late_days" not in results["extra_data"]
    options = NoBatch.seen[-1]
    assert options.accept_less  # a container may have less: doctor's best is taken, and the result says what held
    assert options.seed is None  # nobody knows the inputs before the run


def test_no_file_is_one_line(here, monkeypatch):
    monkeypatch.setattr(single, "Batch", NoBatch)
    here.submit(notes__txt="")
    assert main(["gradescope", "--root", str(here.root)]) == 0
    said = "no file to grade: expected tiny.py or tiny.ipynb; the folder holds notes.txt"
    assert here.results["output"].endswith(said)


def test_an_interrupted_run_has_no_score(here, monkeypatch):
    monkeypatch.setattr(single, "Batch", NoBatch)
    monkeypatch.setattr(NoBatch, "complete", False)
    assert main(["gradescope", "--root", str(here.submit(tiny__py=GOOD).root)]) == 1
    refuse_any_score(here.results)


def test_a_deduction_that_is_none_is_wrong_use(capsys):
    for percent in ("101", "-1", "ten", "nan"):
        with pytest.raises(SystemExit, match="2"):
            main(["gradescope", "--late-percent", percent])
        assert "must be a number from 0 to 100" in capsys.readouterr().err


def refuse_any_score(results: dict[str, Any]) -> None:
    jsonschema.validate(results, WITHOUT_SCORE)
    assert "score" not in results
    assert [(test["name"], test["status"], "score" in test) for test in results["tests"]] == [
        ("The grader failed", "failed", False)
    ]
    assert "not your fault and not a score" in results["output"]


def test_a_broken_grader_gives_no_score_and_leaves_none(tmp_path):
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    test = course / "assignments" / "tiny" / "test_tiny.py"
    text = test.read_text().replace(
        'assert_close(submission.call("halve", x), x / 2)', "raise OSError(28, 'disk full')"
    )
    test.write_text(text)
    broken = container(tmp_path / "autograder", find_assignment(course, "tiny"), course).submit(tiny__py=GOOD)
    done = broken.run()
    assert done.returncode == 1
    assert "disk full" in done.stdout
    refuse_any_score(broken.results)


def test_a_bundle_that_can_not_start_gives_no_score_and_leaves_none(here):
    shutil.rmtree(here.root / "source" / "course")
    done = here.submit(tiny__py=GOOD).run()
    assert done.returncode == 1
    assert "a bundle holds one assignment, this one: none" in done.stdout
    refuse_any_score(here.results)
    (here.root / "results" / "results.json").write_text('{"score": 99}')
    assert here.run(python="/nowhere/python").returncode == 127  # setup.sh failed
    refuse_any_score(here.results)


def test_a_real_assignment(tmp_path):
    bundle = container(tmp_path / "autograder", find_assignment(ROOT, "tensor_ops"), ROOT)
    solution = (ROOT / "solutions" / "tensor_ops" / "tensor_ops.py").read_text()
    done = bundle.submit(tensor_ops__py=solution).run()
    assert done.returncode == 0, done.stdout
    results = bundle.results
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 100
    assert sum(Decimal(str(score)) for score, _ in scores(results).values()) == 100


def record(**values: Any) -> dict[str, Any]:
    """A record of two questions; the second is all or nothing."""
    test = {
        "title": "",
        "hidden": False,
        "verdict": "passed",
        "message": "",
        "output": "",
        "measured": {},
        "cause": None,
    }
    tests = [
        {**test, "name": "test_a", "question": "double", "points": "0.1", "measured": {"accuracy": [0.9, 0.8, 0.92]}},
        {**test, "name": "test_b", "question": "double", "points": "0.2"},
        {**test, "name": "test_c", "question": "halve", "points": "1"},
        {**test, "name": "test_d", "question": "halve", "points": "2", "hidden": True, "measured": {"secret": [0.5]}},
    ]
    questions = [
        {"name": "double", "title": "Doubling", "score": "0.3", "maximum": "0.3"},
        {"name": "halve", "title": "Halving", "score": "3", "maximum": "3"},
    ]
    facts = {
        "assignment": "tiny",
        "release": "1.0",
        "seed": 1,
        "device": "cpu",
        "data": "",
        "isolation": "none",
        "fingerprint": "",
        "problem": None,
        "notes": [],
    }
    return {
        "status": GRADED,
        "score": "3.3",
        "maximum": "3.3",
        "questions": questions,
        "tests": tests,
        **facts,
        **values,
    }


def test_numbers_have_no_noise_and_only_public_measurements_are_on_the_leaderboard(tiny):
    results = gradescope_results(tiny, record())
    jsonschema.validate(results, SCHEMA)
    assert json.dumps(results["score"]) == "3.3"
    assert scores(results) == {"1.1": (0.1, 0.1), "1.2": (0.2, 0.2), "2": (3, 3)}
    assert results["leaderboard"] == [{"name": "accuracy", "value": 0.9, "order": "desc"}]


def test_measurements_that_json_does_not_know_are_left_out(tiny):
    tests = record()["tests"]
    tests[0]["measured"] = {"accuracy": [float("nan")]}
    assert gradescope_results(tiny, record(tests=tests))["leaderboard"] == []


def test_what_does_not_load_is_said_once(tiny):
    tests = [{**test, "verdict": "failed", "message": "SyntaxError: line 1"} for test in record()["tests"]]
    questions = [{**question, "score": "0"} for question in record()["questions"]]
    results = gradescope_results(
        tiny, record(status=NOT_LOADED, problem="SyntaxError: line 1", score="0", tests=tests, questions=questions)
    )
    jsonschema.validate(results, SCHEMA)
    assert "\n".join(texts(results)).count("SyntaxError: line 1") == 1
    assert {test["status"] for test in results["tests"]} == {"failed"}
    assert sum(score for score, _ in scores(results).values()) == results["score"] == 0


def test_a_result_without_tests_says_why(tiny):
    results = gradescope_results(tiny, record(status=NO_FILE, problem="no file to grade", score="0", tests=[]))
    jsonschema.validate(results, SCHEMA)
    assert [(test["score"], test["max_score"], test["output"]) for test in results["tests"]] == [
        (0, 3.3, "no file to grade")
    ]


def test_an_error_has_no_score(tiny):
    refuse_any_score(gradescope_results(tiny, record(status=ERROR, score=None, problem="disk full", tests=[])))


def lateness(days: int) -> Lateness:
    when = {"created_at": f"2026-11-{2 + days:02}T11:00:00Z", "assignment": {"due_date": "2026-11-02T12:00:00Z"}}
    found = lateness_of(when)
    assert found is not None
    return found


@pytest.mark.parametrize(("days", "percent", "score", "said"), [
    (0, "10", 3.3, ""),
    (2, "0", 3.3, "2 days late: it was due 2026-11-02 12:00+00:00."),
    (1, "10", 2.97, "1 day late: it was due 2026-11-02 12:00+00:00. 10 % of the score is taken off."),
    (3, "2.5", 3.0525, "7.5 % of the score is taken off."),
    (12, "10", 0, "100 % of the score is taken off."),
])  # fmt: skip
def test_late_days_cost_only_what_staff_ask_for(tiny, days, percent, score, said):
    results = gradescope_results(tiny, record(), lateness(days), late_percent=Decimal(percent))
    assert results["score"] == score
    assert said in results["output"]
    assert bool(results["output"]) is bool(said)
    assert results["extra_data"]["late_days"] == days


DUE = {"due_date": "2026-11-02T12:00:00.000000-08:00", "late_due_date": None}


@pytest.mark.parametrize(("metadata", "days", "closed"), [
    ({"created_at": "2026-11-02T12:00:00-08:00", "assignment": DUE}, 0, False),
    ({"created_at": "2026-11-02T12:00:00.000001-08:00", "assignment": DUE}, 1, False),
    ({"created_at": "2026-11-02T20:00:00+00:00", "assignment": DUE}, 0, False),  # another time zone
    ({"created_at": "2026-11-05T12:00:00-08:00", "assignment": DUE}, 3, False),
    ({"created_at": "2026-11-05T12:00:00-08:00",
      "assignment": {**DUE, "late_due_date": "2026-11-04T12:00:00-08:00"}}, 3, True),
    ({"created_at": "2026-11-05T12:00:00-08:00", "assignment": DUE,
      "users": [{}, {"assignment": {"due_date": "2026-11-05T00:00:00-08:00"}}]}, 1, False),  # an extension
    ({"created_at": "2026-11-05T12:00:00-08:00", "assignment": {"due_date": None}}, None, False),
    ({}, None, False),
])  # fmt: skip
def test_late_days(metadata, days, closed):
    found = lateness_of(metadata)
    assert (found and found.days) == days
    assert bool(found and found.closed) is closed


def test_the_bundle_holds_what_grading_needs_and_no_more(tmp_path):
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    folder = course / "assignments" / "tiny"
    for name in ("handout.md", "figure.svg", ".test_tiny.py.swp", "__pycache__/test_tiny.pyc", "hidden/table.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    files = gradescope_files(course, find_assignment(course, "tiny"), WHEEL)
    place = "course/assignments/tiny"
    assert set(files) == {
        *PROGRAMS, "requirements.txt", WHEEL.name, f"{place}/assignment.toml", f"{place}/test_tiny.py",
        f"{place}/hidden/test_tiny_hidden.py", f"{place}/hidden/table.csv",
    }  # fmt: skip
    assert files["requirements.txt"] == f"./{WHEEL.name}[grade]\n".encode()


def test_the_bundle_of_an_assignment_with_data_says_where_to_put_it():
    files = gradescope_files(ROOT, find_assignment(ROOT, "mlp_mnist"), WHEEL)
    assert "course/assignments/mlp_mnist/calibration.json" in files
    assert b"mnist" in files["data/README.md"]
    assert not [name for name in files if "solution" in name]


def test_an_assignment_elsewhere_or_without_tests_makes_no_bundle(tmp_path, tiny):
    with pytest.raises(AssignmentError, match="not in"):
        gradescope_files(tmp_path, tiny, WHEEL)
    folder = tmp_path / "assignments" / "empty"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text("points = 1\n")
    with pytest.raises(AssignmentError, match="nothing to grade with"):
        gradescope_files(tmp_path, find_assignment(tmp_path, "empty"), WHEEL)
    with pytest.raises(AssignmentError, match="one assignment, this one: tiny, urn"):
        single.bundled_assignment(COURSE)


# Stands for a Python: says what it is asked to do, and makes environments of its own kind.
FAKE_PYTHON = """#!/bin/bash
echo "$(basename "$0") $*" >>"$LOG"
[ "$1" = -c ] && exit {old}
[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/pip"
exit 0
"""
FAKE_APT = """#!/bin/bash
echo "apt-get $*" >>"$LOG"
case "$*" in *python3.12*) exit 100 ;; *python3.11*) cp "$FAKES/new" "$FAKES/python3.11" ;; esac
exit 0
"""


@pytest.mark.parametrize("present", [True, False], ids=["python is here", "ubuntu 22.04"])
def test_setup_finds_a_python_or_installs_one_and_takes_the_cpu_build_first(tmp_path, tiny, present):
    unpack(gradescope_files(COURSE, tiny, WHEEL), tmp_path / "source")
    fakes, log = tmp_path / "fakes", tmp_path / "log"
    pythons = {f"python{version}": FAKE_PYTHON.format(old=1) for version in ("3.13", "3.12", "3.11", "3")}
    if present:
        pythons["python3.12"] = FAKE_PYTHON.format(old=0)
    unpack({name: text.encode() for name, text in pythons.items()}, fakes)
    unpack({"new": FAKE_PYTHON.format(old=0).encode(), "apt-get": FAKE_APT.encode()}, fakes)
    for path in fakes.iterdir():
        path.chmod(0o755)
    places = {"PATH": f"{fakes}:{os.environ['PATH']}", "LOG": str(log), "FAKES": str(fakes)}
    setup = ["bash", tmp_path / "source" / "setup.sh"]
    done = subprocess.run(setup, env={**places, "AUTOGRADER_ROOT": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = [line for line in log.read_text().splitlines() if " -c " not in line]
    installed = [
        "apt-get update",
        "apt-get install -y python3.12 python3.12-venv",
        "apt-get install -y python3.11 python3.11-venv",
    ]
    assert said == [
        *([] if present else installed),
        f"{'python3.12' if present else 'python3.11'} -m venv {tmp_path}/venv",
        "pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu",
        "pip install -r requirements.txt",
    ]
