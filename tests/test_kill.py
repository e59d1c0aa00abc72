"""kill -9 of any process at any moment: nothing finished is lost, nothing half-written is left, nobody pays for it."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from autograder.core.scratch import scratch_folder
from autograder.grading.results import SCHEMA
from tests.conftest import GOOD, ROOT, failed

COUNT = 16
SLOW = "import time\ndef double(x):\n    time.sleep(0.15)\n    return x * 2\n"
HALF = SLOW + "def halve(x):\n    return x\n"
WHOLE = SLOW + GOOD[GOOD.index("def halve") :]


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"s{number:02d}.py").write_text(HALF if number % 3 == 0 else WHOLE)
    return folder


def command(submissions: Path) -> list[str]:
    course = ["--course", str(ROOT / "tests" / "course"), "--assignment", "tiny", "--device", "cpu", "--seed", "5"]
    out = ["--out", str(submissions.parent / "out"), "--jobs", "2"]
    return [sys.executable, "-m", "autograder", "grade", str(submissions), *course, *out]


def expected() -> dict[str, str]:
    return {f"s{number:02d}": "6" if number % 3 == 0 else "10" for number in range(COUNT)}


def finished(out: Path) -> dict[str, str]:
    """Every result that is there, each of which must be whole."""
    found = {}
    for path in out.glob("results/*.json"):
        record = json.loads(path.read_text())
        jsonschema.validate(record, SCHEMA)
        assert (out / "feedback" / f"{path.stem}.md").read_text().endswith("\n")
        if record["status"] != "error":
            found[record["student"]] = record["score"]
    return found


# --- who is who, seen from outside --------------------------------------------------------------------------------


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def zygotes(command_pid: int) -> list[int]:
    return [pid for pid in children(command_pid) if children(pid)]


def started(command_pid: int, name: str) -> list[int]:
    return [pid for zygote in zygotes(command_pid) for pid in children(zygote) if name_of(pid) == name]


def nurseries(pid: int) -> list[int]:
    """The process that serves: the child of the one that was started, where it lives in namespaces of its own."""
    return [inner for outer in started(pid, "ag-nursery") for inner in (children(outer) or [outer])]


WHO: dict[str, Callable[[int], list[int]]] = {
    "the command": lambda pid: [pid],
    "the zygote": zygotes,
    "the launcher": lambda pid: started(pid, "ag-nursery"),
    "the nursery": nurseries,
    "the judge host": lambda pid: started(pid, "ag-judge-host"),
    "a judge": lambda pid: [judge for host in started(pid, "ag-judge-host") for judge in children(host)],
    "a worker": lambda pid: [worker for nursery in nurseries(pid) for worker in children(nursery)],
}


def kill_one(pid: int, who: str, chance: random.Random, end: float = 20.0) -> bool:
    """Kill one of them; False when the command ended before there was any."""
    deadline = time.monotonic() + end
    while time.monotonic() < deadline and is_running(pid):
        found = WHO[who](pid)
        if found:
            try:
                os.kill(chance.choice(found), signal.SIGKILL)
            except ProcessLookupError:
                continue
            return True
        time.sleep(0.005)
    return False


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# The nursery and the judge host are killed at many more moments by test_kill_gradebook.
@pytest.mark.parametrize(
    ("who", "moment"),
    [
        *[("the command", 0.0), ("the command", 0.5), ("the zygote", 0.5), ("the launcher", 0.5)],
        *[("a judge", 0.5), ("a worker", 0.0)],
    ],
)
def test_kill_9(submissions, who, moment):
    chance = random.Random(f"{who} {moment}")
    out = submissions.parent / "out"
    running = subprocess.Popen(command(submissions), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(list(out.glob("results/*.json"))) < moment * COUNT and running.poll() is None:
        time.sleep(0.005)
    before = finished(out)
    killed = kill_one(running.pid, who, chance)
    printed, complaint = running.communicate(timeout=90)
    assert killed, printed + complaint
    assert "Traceback" not in complaint
    after = finished(out)
    assert before.items() <= after.items()
    assert after.items() <= expected().items()
    again = subprocess.run(command(submissions), capture_output=True, text=True, timeout=90)
    assert again.returncode == 0, again.stderr
    assert finished(out) == expected()
    assert not list(out.rglob(".writing-*"))
    with (out / "scores.csv").open(newline="") as stream:
        assert {row["student"]: row["score"] for row in csv.DictReader(stream)} == expected()


def test_folders_of_killed_runs_are_removed_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hour = time.time() - 3600
    with scratch_folder("autograder-") as held:
        pid = os.fork()
        if pid == 0:
            with scratch_folder("autograder-"):
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)
        (left,) = set(tmp_path.iterdir()) - {held}
        (left / "ann").mkdir()
        (left / "ann" / "tiny.py").write_text("secret")
        (tmp_path / "somebody-elses").mkdir()
        with scratch_folder("autograder-"):
            assert left.exists()  # it may be one that is just being made
        for folder in tmp_path.iterdir():
            os.utime(folder, (hour, hour))
        with scratch_folder("autograder-"):
            assert not left.exists()
            assert held.exists()
            assert (tmp_path / "somebody-elses").exists()


def test_a_worker_killed_by_somebody_is_forgiven_but_not_for_ever(grade):
    source = "import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    source += GOOD[GOOD.index("def halve") :]
    graded = grade({"it": source})["it"]
    assert failed(graded) == {"test_double", "test_double_twice", "test_double_noncontiguous"}
    assert graded.error is None
