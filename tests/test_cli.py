"""What a grader can get wrong on the command line: one line that says what to do, and nothing is lost."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from autograder.cli import main
from autograder.core.assignment import load_assignment
from autograder.errors import InfrastructureError
from autograder.gradebook.store import Gradebook
from autograder.gradebook.writer import GradebookWriter
from autograder.grading import batch
from autograder.grading import cli as grading_cli
from autograder.grading.results import summary_of
from autograder.grading.screen import _scores_table
from autograder.intake.model import Submission
from autograder.selftest import class_bench
from autograder.selftest import cli as selftest_cli
from tests.conftest import ROOT
from tests.test_results import FakeEngine

COURSE = ROOT / "tests" / "course"


@pytest.fixture
def students(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(batch, "Engine", FakeEngine)
    for name in ("ann", "山田太郎"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "tiny.py").write_text("x = 1\n")
    return tmp_path / "class"


def grade(folder: Path, out: Path, *options: str) -> int:
    return main(["grade", str(folder), "--assignment", "tiny", "--course", str(COURSE), "--out", str(out), *options])


def test_results_may_not_lie_among_submissions(students, tmp_path, capsys):
    (tmp_path / "alias").symlink_to(students)
    for out in (students, students / "grades" / "tiny", tmp_path / "alias" / "grades"):
        assert grade(students, out) == 2
        assert "outside of the submissions" in capsys.readouterr().err
    assert not (students / "grades").exists()


def test_what_the_system_refuses_is_one_line(students, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert grade(students, tmp_path / "file") == 2
    said = capsys.readouterr().err
    assert said.startswith("autograder: File exists: ")
    assert len(said.splitlines()) == 1


def test_earlier_results_are_kept_and_those_of_no_gradebook_not_silently_replaced(students, tmp_path, capsys):
    out = tmp_path / "out"
    assert grade(students, out) == 0
    assert "unchanged and kept" not in capsys.readouterr().out
    shutil.rmtree(students / "ann")
    assert grade(students, out) == 0
    assert "1 result is unchanged and kept" in capsys.readouterr().out
    assert [path.stem for path in (out / "results").iterdir()] != ["ann"]
    (out / "gradebook.sqlite").unlink()
    assert grade(students, out) == 0
    assert "holds 1 result of a run that is in no gradebook: replaced" in capsys.readouterr().out


def test_one_file_and_a_link_that_the_grader_names(students, tmp_path, capsys):
    for name, target in (("zoe.py", students / "ann" / "tiny.py"), ("link", students)):
        (tmp_path / name).symlink_to(target)
        assert grade(tmp_path / name, tmp_path / f"out-{name}") == 0
    capsys.readouterr()
    assert os.listdir(tmp_path / "out-zoe.py" / "results") == ["zoe.json"]
    assert os.listdir(tmp_path / "out-zoe.py" / "feedback") == ["zoe.md"]
    assert len(os.listdir(tmp_path / "out-link" / "results")) == 2


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5"])
def test_jobs_are_a_number(students, tmp_path, capsys, number):
    with pytest.raises(SystemExit) as stopped:
        grade(students, tmp_path / "out", f"--jobs={number}")
    assert stopped.value.code == 2
    assert "must be a whole number, 1 or more" in capsys.readouterr().err


def test_a_terminal_that_lacks_the_letters_ends_nothing(students, tmp_path):
    code = (
        "import sys; from autograder.cli import main; from autograder.grading import batch\n"
        "from tests.test_results import FakeEngine; batch.Engine = FakeEngine; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "grade", str(students), "--assignment", "tiny", "--course", str(COURSE)]
    command += ["--out", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "????" in done.stdout  # the name, in an encoding that has no letter for it


def test_wide_names_and_the_heading_are_shown_whole():
    console = Console(file=io.StringIO(), width=100)
    record = {"score": "1", "maximum": "2", "status": "graded", "problem": None, "questions": []}
    for name in ("山田太郎", "ann"):
        console.print(_scores_table([summary_of(Submission(name, "slug"), {**record, "student": name})], 1, 100))
    shown = console.file.getvalue()
    assert "山田太郎" in shown
    assert shown.count("student") == 2


def test_seed_is_fresh_shown_and_repeats_the_run(students, tmp_path, capsys):
    shown = []
    for name in ("one", "two"):
        assert grade(students, tmp_path / name) == 0
        seed = json.loads((tmp_path / name / "run.json").read_text())["seed"]
        assert f"(the same inputs again: --seed {seed})" in capsys.readouterr().out
        shown.append(seed)
    assert shown[0] != shown[1]
    assert grade(students, tmp_path / "again", "--seed", str(shown[0])) == 0
    assert json.loads((tmp_path / "again" / "run.json").read_text())["seed"] == shown[0]
    assert grade(students, tmp_path / "one") == 0
    assert "2 results are unchanged and kept" in capsys.readouterr().out


def test_demo_and_bench_keep_a_fixed_seed():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for feature in (grading_cli, selftest_cli):
        feature.add_command(commands)
    assert [parser.parse_args([command]).seed for command in ("demo", "bench")] == [0, 0]
    assert parser.parse_args(["grade", "class", "--assignment", "tiny"]).seed is None


def test_course_and_roster_have_a_say_and_it_is_told_what_was_found(students, tmp_path, capsys):
    course = tmp_path / "course"
    shutil.copytree(COURSE / "assignments" / "tiny", course / "assignments" / "tiny")
    (course / "course.toml").write_text('roster = "roster.csv"\n')
    (course / "roster.csv").write_text("name,id\nann,0042\nZoë,0043\n")
    command = ["grade", str(students), "--assignment", "tiny", "--course", str(course), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "found: " in said
    assert "Zoë" in said  # who handed in nothing
    with Gradebook.open(tmp_path / "out" / "gradebook.sqlite") as book:
        assert {summary.student: summary.identity for summary in book.summaries(1)}["ann"] == "0042"
        assert any("Zoë" in line for line in book.run().left_out)
    assert main([*command, "--roster", str(tmp_path / "none.csv")]) == 2
    assert "none.csv: can't be read" in capsys.readouterr().err


def test_the_second_of_two_at_once_says_so(students, tmp_path, capsys):
    out = tmp_path / "out"
    with GradebookWriter.open(out / "gradebook.sqlite"):
        assert grade(students, out) == 2
    said = capsys.readouterr().err
    assert "another `autograder grade` writes in it" in said
    assert len(said.splitlines()) == 1
    assert grade(students, out) == 0


def test_bench_of_a_class_grades_growing_classes_twice(students, tmp_path, monkeypatch, capsys):
    def measured(command: list[str]) -> class_bench.Measured:
        assert main(command) == 0
        return class_bench.Measured(0.5, 40.0, capsys.readouterr().out)

    tiny = load_assignment(COURSE / "assignments" / "tiny")
    options = {"class_size": 20, "jobs": 2, "device": "cpu", "seed": 0, "data": None, "skip_question": []}
    shown = []
    monkeypatch.setattr(class_bench, "_measure", measured)
    monkeypatch.setattr("builtins.print", lambda *parts, **_: shown.append(" ".join(parts)))
    class_bench.run_class_bench(COURSE, tiny, ["x = 1", "x = 2"], argparse.Namespace(**options), tmp_path)
    assert [row.split()[0] for row in shown[-3:]] == ["1", "5", "20"]
    assert len({path.read_bytes() for path in (tmp_path / "class-20").iterdir()}) == 20
    changing = iter(range(100))

    def changed(command: list[str]) -> class_bench.Measured:
        (Path(command[1]) / "student00000.py").write_text(f"x = {next(changing)}\n")
        return measured(command)

    monkeypatch.setattr(class_bench, "_measure", changed)
    (tmp_path / "other").mkdir()
    with pytest.raises(InfrastructureError, match="not all were kept in the second run: 1 changed"):
        class_bench.run_class_bench(COURSE, tiny, ["x = 1"], argparse.Namespace(**options), tmp_path / "other")
