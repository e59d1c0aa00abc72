"""kill -9 at random moments: after the next run the gradebook is, row for row, what it is when nobody disturbs it.

The controller is killed with an engine made up for it, since nothing of the real one is in what it writes: so the
moments fall where it writes. ``test_kill`` kills it in the midst of real processes.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.outcome import Task
from autograder.errors import GradebookError
from autograder.gradebook.locate import NAME
from autograder.gradebook.store import Gradebook
from autograder.grading.batch import Batch, Options, Report
from autograder.intake.folder import find_submissions
from tests.conftest import GOOD, ROOT, TINY
from tests.test_kill import WHO, is_running
from tests.test_results import FakeEngine

KILLS = 20
FILES = (("results", "json"), ("feedback", "md"))
Rows = tuple[tuple[Any, ...], ...]


def rows_of(out: Path) -> Rows:
    with Gradebook.open(out / NAME) as book:
        return book.comparable()


def students_in(out: Path) -> set[str]:
    """Whoever has a result, which must be whole."""
    try:
        with Gradebook.open(out / NAME) as book:
            found = set()
            for run in book.runs():
                verdicts = dict(book.verdicts(run.number))
                for entry in book.entries(run.number):
                    ran = entry.summary.slug != "nothing"
                    assert bool(verdicts.get(entry.summary.slug)) == bool(book.source(entry.content)) == ran
                    found.add(entry.summary.student)
            return found
    except GradebookError as error:
        assert "no such gradebook" in str(error)
        return set()


# --- the controller -----------------------------------------------------------------------------------------------


class SlowEngine(FakeEngine):
    """Takes long enough that moments fall between submissions, and remembers whom it graded."""

    graded: int = 0

    @staticmethod
    def on_task(task: Task) -> str:
        SlowEngine.graded += 1
        time.sleep(0.002)
        return "printed\n"


@pytest.fixture
def students(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(25):
        (folder / f"s{number:02d}.py").write_text(f"x = {number % 20}\n")  # some are equal
    (folder / "nothing").mkdir()
    return folder


def grade(students: Path, out: Path) -> Report:
    return Batch(load_assignment(TINY), find_submissions(students, "tiny"), Options(out), engine=SlowEngine).run()


def test_a_killed_controller_leaves_what_the_next_run_completes(students, tmp_path):
    started = time.monotonic()
    grade(students, tmp_path / "undisturbed")
    whole = time.monotonic() - started
    expected = rows_of(tmp_path / "undisturbed")
    assert len(expected) == 26
    chance = random.Random(6)
    found = []
    for number in range(KILLS):
        out = tmp_path / f"out{number}"
        pid = os.fork()
        if pid == 0:
            try:
                grade(students, out)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0, 1.2 * whole))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        before = students_in(out)
        found.append(len(before))
        SlowEngine.graded = 0
        report = grade(students, out)
        assert (report.complete, report.reused) == (True, len(before))
        assert SlowEngine.graded == 25 - len(before - {"nothing"})  # nobody twice
        assert rows_of(out) == expected
        assert not list(out.rglob(".writing-*"))
        for name in ("scores.csv", *(f"{kind}/s{n:02d}.{end}" for kind, end in FILES for n in range(25))):
            assert (out / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
    assert len(set(found)) > 3, found  # some early, some late


# --- the processes below it ---------------------------------------------------------------------------------------

CLASS = 30
PATIENCE = 600  # seconds; engines that are killed are started again and again
PARTLY = GOOD.replace("x / 2", "x")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    for number in range(CLASS):
        source = PARTLY if number % 3 == 0 else GOOD
        (folder / f"s{number:02d}.py").write_text(f"import time\ntime.sleep(0.02)\n{source}")
    return folder


def command(folder: Path, out: Path) -> list[str]:
    course = ["--course", str(ROOT / "tests" / "course"), "--assignment", "tiny", "--device", "cpu", "--seed", "5"]
    return [sys.executable, "-m", "autograder", "grade", str(folder), *course, "--out", str(out), "--jobs", "2"]


def finished(folder: Path, out: Path) -> str:
    """What the command prints when nobody disturbs it."""
    run = subprocess.run(command(folder, out), capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode in (0, 1), run.stdout + run.stderr  # 1: at some the grader broke, and is to try again
    return run.stdout


@pytest.fixture(scope="module")
def undisturbed(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run wrote that nobody disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    finished(many, out)
    return out


def done(out: Path) -> int:
    return len(list(out.glob("results/*.json")))


def wait_for(condition: Callable[[], bool], running: subprocess.Popen[str]) -> bool:
    """False when the command ended first."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if not is_running(running.pid):
            return False
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def kill_at_a_moment(who: str, running: subprocess.Popen[str], out: Path, chance: random.Random) -> bool:
    """Kill one of them while it starts, or when some more results are there; False when the command ended first."""
    if not wait_for(lambda: bool(WHO[who](running.pid)), running):
        return False
    (victim, *_) = WHO[who](running.pid)
    start, more = done(out), chance.choice((0, 0, 1, 1, 2))
    if not wait_for(lambda: done(out) >= start + more, running):
        return False
    time.sleep(chance.uniform(0, 0.05 if more else 1.0))
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:  # the command ended meanwhile
        return False
    wait_for(lambda: victim not in WHO[who](running.pid), running)
    return True


@pytest.mark.parametrize("who", ["the judge host", "the nursery"])
def test_a_killed_engine_leaves_what_the_next_run_completes(many, undisturbed, tmp_path, who):
    chance, count, outs = random.Random(who), 0, [tmp_path / "out"]
    while count < KILLS:
        if done(outs[-1]) == CLASS:
            outs.append(tmp_path / f"out{len(outs)}")
        running = subprocess.Popen(command(many, outs[-1]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while count < KILLS and kill_at_a_moment(who, running, outs[-1], chance):
            count += 1
        _, complaint = running.communicate(timeout=PATIENCE)
        assert running.returncode in (0, 1, 2)
        assert "Traceback" not in complaint
        assert running.returncode < 2 or "did not start" in complaint, complaint
    for out in outs:
        finished(many, out)  # submissions whose judge died twice are errors; here they are graded again
        assert f"{CLASS} results are unchanged and kept" in finished(many, out)
        assert rows_of(out) == rows_of(undisturbed)
        assert (out / "scores.csv").read_bytes() == (undisturbed / "scores.csv").read_bytes()
    with (out / "scores.csv").open(newline="") as stream:
        assert [row["score"] for row in csv.DictReader(stream)] == ["6" if n % 3 == 0 else "10" for n in range(CLASS)]
