"""``autograder grade`` from the shell's side: files, exit codes, repeatability, Ctrl-C."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from autograder.core.outcome import TestInfo
from autograder.grading.feedback import feedback_markdown
from autograder.grading.results import SCHEMA
from autograder.grading.scoring import score_questions
from tests.conftest import GOOD, ROOT

COURSE = ROOT / "tests" / "course"
WRONG = "def double(x):\n    print('debugging')\n    return x * 3\ndef halve(x):\n    return x.double() / 2\n"


def autograder(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def grade(folder: Path, out: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return autograder("grade", folder, "--assignment", "tiny", "--course", COURSE, "--out", out, *options)


@pytest.fixture
def small_class(tmp_path: Path) -> Path:
    from autograder.selftest.demo import notebook_of

    folder = tmp_path / "class"
    for name, source in {
        "ann": GOOD,
        "bob": WRONG,
        "cat": "def double(x:\n",
        "dan": "import helper\ndouble = helper.double\n",
        "eve": "",
        "fay": "import os\ndef double(x):\n    os._exit(0)\n",
        "=HYPERLINK(1)": GOOD,
    }.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "tiny.py").write_text(source)
    (folder / "dan" / "helper.py").write_text("def double(x):\n    return x * 2\n")
    (folder / "dan" / "torch.py").write_text("raise RuntimeError('not the real torch')\n")
    (folder / "gus.ipynb").write_text(notebook_of(GOOD + "\nundefined_name(3)\n", "Tiny"))
    (folder / "hal").mkdir()
    return folder


def test_everything_that_grade_writes(small_class, tmp_path):
    done = grade(small_class, tmp_path / "out", "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    rows = list(csv.DictReader((tmp_path / "out" / "scores.csv").open()))
    assert {row["student"]: (row["score"], row["double"], row["halve"], row["status"]) for row in rows} == {
        "'=HYPERLINK(1)": ("10", "6", "4", "graded"),
        "ann": ("10", "6", "4", "graded"),
        "bob": ("0", "0", "0", "graded"),
        "cat": ("0", "0", "0", "does not load"),
        "dan": ("6", "6", "0", "graded"),
        "eve": ("0", "0", "0", "does not load"),
        "fay": ("0", "0", "0", "graded"),
        "gus": ("10", "6", "4", "graded"),
        "hal": ("0", "0", "0", "no usable file"),
    }
    for path in (tmp_path / "out" / "results").iterdir():
        jsonschema.validate(json.loads(path.read_text()), SCHEMA)
    feedback = {path.stem: path.read_text() for path in (tmp_path / "out" / "feedback").iterdir()}
    assert len(feedback) == 9
    assert "code cell 4 stops: it raises NameError: name 'undefined_name' is not defined at line 1" in feedback["gus"]
    assert "SyntaxError" in feedback["cat"]
    assert feedback["cat"].count("SyntaxError") == 1
    assert "factor 3" in feedback["bob"] or "likely cause" in feedback["bob"]
    assert "debugging" in feedback["bob"]
    assert "no file to grade" in feedback["hal"]
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (run["state"], run["done"], run["jobs"], run["device"]) == ("complete", 9, 2, "cpu")
    assert f"--seed {run['seed']})" in done.stdout
    seeds = {json.loads(path.read_text())["seed"] for path in (tmp_path / "out" / "results").iterdir()}
    assert seeds == {run["seed"]}


def test_hidden_tests_stay_hidden_from_students(small_class, tmp_path):
    grade(small_class, tmp_path / "out")
    text = (tmp_path / "out" / "feedback" / "bob.md").read_text()
    assert "Inputs with gaps in memory are doubled too." in text
    assert "test_double_noncontiguous" not in text
    assert "seven" not in text  # the data of a hidden test
    record = json.loads((tmp_path / "out" / "results" / "bob.json").read_text())
    assert "seven" in json.dumps(record)  # staff see it


def test_same_bytes_whatever_the_jobs(small_class, tmp_path):
    for name, jobs in (("one", 1), ("two", 2), ("again", 4)):
        grade(small_class, tmp_path / name, "--jobs", jobs, "--seed", 7)

    def contents(name: str) -> dict[str, bytes]:
        out = tmp_path / name
        own = {"run.json", "gradebook.sqlite"}  # these know when it was
        return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*.*") if p.name not in own}

    assert contents("one") == contents("two") == contents("again")
    grade(small_class, tmp_path / "other", "--seed", 8)
    assert contents("other").keys() == contents("one").keys()


def test_nothing_of_an_earlier_run_stays_and_what_is_valid_is_kept(small_class, tmp_path):
    out = tmp_path / "out"
    grade(small_class, out)
    shutil.rmtree(small_class / "ann")
    before = (out / "scores.csv").read_bytes()
    (small_class / "bob" / "tiny.py").write_text(GOOD)
    done = grade(small_class, out)
    assert "7 results are unchanged and kept" in done.stdout
    assert "to grade: 1 changed" in done.stdout
    assert f"1 score differs from run 1: bob; see autograder diff 1 2 --out {out}" in done.stdout
    assert not (out / "results" / "ann.json").exists()
    assert not (out / "feedback" / "ann.md").exists()
    rows = {row["student"]: row["score"] for row in csv.DictReader((out / "scores.csv").open())}
    assert rows["bob"] == "10"
    assert (out / "scores.csv").read_bytes() != before
    said = autograder("diff", "--out", out).stdout
    assert "bob: 0 of 10 -> 10 of 10 (+10)" in said
    assert "test_double: failed -> passed" in said
    assert "ann: gone, 10 of 10" in said
    assert "1 moved, 0 new, 1 gone, 7 unchanged" in said
    forced = grade(small_class, out, "--force").stdout
    assert "unchanged and kept" not in forced
    assert "8 forced" in forced
    said = autograder("status", "--out", out).stdout
    assert "3 runs" in said
    assert "run 3, complete: 8 of 8 done (100 %)" in said


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(tmp_path):
    folder, out = tmp_path / "class", tmp_path / "out"
    for i in range(6):
        (folder / f"s{i}").mkdir(parents=True)
        loop = "def double(x):\n    while True:\n        pass\n"
        (folder / f"s{i}" / "tiny.py").write_text(GOOD if i < 2 else loop)
    command = [sys.executable, "-m", "autograder", "grade", str(folder), "--assignment", "tiny", "--jobs", "1"]
    command += ["--course", str(COURSE), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if (out / "results" / "s1.json").exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "are graded and kept" in errors
    assert "4 are left; go on with: autograder grade" in errors
    rows = list(csv.DictReader((out / "scores.csv").open()))
    assert [row["student"] for row in rows][:2] == ["s0", "s1"]
    assert json.loads((out / "run.json").read_text())["state"] == "interrupted"
    for i in range(2, 6):
        (folder / f"s{i}" / "tiny.py").write_text(GOOD)
    done = grade(folder, out)
    assert done.returncode == 0
    assert "results are unchanged and kept" in done.stdout
    assert [row["score"] for row in csv.DictReader((out / "scores.csv").open())] == ["10"] * 6


def test_wrong_use_is_one_line(tmp_path):
    (tmp_path / "a.py").write_text(GOOD)
    for arguments, said in (
        (("grade", tmp_path / "none", "--assignment", "tiny", "--course", COURSE), "no such file or folder"),
        (("grade", tmp_path, "--assignment", "tin", "--course", COURSE), "there are: tiny"),
        (("grade", tmp_path, "--assignment", "tiny", "--course", tmp_path), "there are: none"),
        (("grade", tmp_path, "--assignment", "tiny", "--course", COURSE, "--skip-question", "z"), "no [[question]]"),
        (("grade", tmp_path, "--assignment", "tiny", "--course", COURSE, "--device", "cuda"), "sees no GPU"),
        (("release", "--course", COURSE), "name the assignments"),
    ):
        import torch

        if "cuda" in arguments and torch.cuda.is_available():
            continue
        done = autograder(*arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert autograder("grade").returncode == 2
    assert autograder("--version").stdout.startswith("autograder ")


def test_the_command_starts_without_torch():
    code = "import sys; from autograder.cli import main; main(['release', '--help'])"
    code = (
        f"import sys, contextlib\nwith contextlib.suppress(SystemExit):\n    {code}\nassert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_scores_are_exact_decimals_and_all_or_nothing(tiny):
    tests = [TestInfo(str(i), "double", Decimal("0.1"), False, "") for i in range(10)]
    tests += [TestInfo(f"h{i}", "halve", Decimal(2), False, "") for i in range(2)]
    double, halve = score_questions(tiny, tests, frozenset([*map(str, range(3)), "h0"]))
    assert (double.score, double.maximum) == (Decimal("0.3"), Decimal("1.0"))
    assert (halve.score, halve.maximum) == (Decimal(0), Decimal(4))


def test_text_of_a_submission_is_text_in_feedback():
    record = {
        "student": "<script>alert(1)</script> [x](evil)",
        "release": "1.0", "status": "graded", "score": "0", "maximum": "1", "problem": None, "notes": ["``` <b>"],
        "questions": [{"name": "q", "title": "a | b", "score": "0", "maximum": "1"}],
        "tests": [
            {"name": "test_x", "title": "", "question": "q", "points": "1", "hidden": False, "verdict": "failed",
             "message": "````\n# Score: 100\n```", "cause": None, "output": ""}
        ],
    }  # fmt: skip
    text = feedback_markdown(record, "T")
    assert "\\<script\\>" in text
    assert "a \\| b" in text
    assert "`````text\n````\n# Score: 100\n```\n`````" in text
    outside = [line for line in text.splitlines() if line.startswith("# ")]
    assert outside[0].startswith("# T: ")


def test_results_of_a_broken_grader_are_no_zero(small_class, tmp_path):
    out = tmp_path / "out"
    course = tmp_path / "course"
    shutil.copytree(COURSE, course)
    broken = course / "assignments" / "tiny" / "test_tiny.py"
    broken.write_text(
        broken.read_text().replace('assert_close(submission.call("halve", x), x / 2)', "raise OSError(28, 'disk full')")
    )
    done = autograder("grade", small_class, "--assignment", "tiny", "--course", course, "--out", out)
    assert done.returncode == 1
    assert "run it again, the others are kept" in done.stdout
    rows = {row["student"]: row for row in csv.DictReader((out / "scores.csv").open())}
    assert (rows["ann"]["score"], rows["ann"]["status"]) == ("", "error")
    assert "not your fault" in (out / "feedback" / "ann.md").read_text()
    assert os.listdir(out / "results")
