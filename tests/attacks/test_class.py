"""A class in which every second submission is hostile: the others get the same as without them, whatever --jobs is."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.test_judge_side import placed
from tests.attacks.test_machine import ATTACKS, fights
from tests.conftest import GOOD, ROOT

HALVE = GOOD[GOOD.index("def halve") :]
HONEST = {
    "right": GOOD,
    "wrong factor": "def double(x):\n    return x * 2.001\n" + HALVE,
    "half": HALVE,
    "no text": "def double(x):\n    return x + x\ndef halve(x):\n    return x / 2\n",
    "raises": "def double(x):\n    raise ArithmeticError(f'{x.sum():.6f}')\n" + HALVE,
    "random": "import torch\ndef double(x):\n    return x * 2 + 1e-3 * torch.rand(())\n" + HALVE,
    "in place": "def double(x):\n    x *= 2\n    return x\n" + HALVE,
    "slow": "import time\ndef double(x):\n    time.sleep(0.4)\n    return x * 2\n" + HALVE,
    "syntax error": "def double(x:\n",
    "files": "from pathlib import Path\ndef double(x):\n    assert not list(Path().iterdir())\n    return x * 2\n"
    + HALVE,
}
# What takes the most from its neighbours: time, memory, disk, processes, signals, the nursery, the judge.
ON_MACHINE = ["starts_threads", "takes_memory", "takes_all_cores", "takes_shared_memory", "writes_many_big_files"]
ON_MACHINE += ["makes_many_names", "leaves_a_daemon", "forks", "kills_the_nursery", "slows_the_nursery"]
ON_MACHINE += ["opens_many_files", "kills_another_process", "rewrites_itself", "hands_on_a_temporary_file"]
ON_JUDGE = ["sends_without_end", "prints_without_end", "answers_twice", "patches_wire", "interrupts_the_grader"]
ON_JUDGE += ["nests_without_end"]
COUNT = 20


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory):
    """Folders of hostile submissions, with their targets set up as long as the tests run."""
    chosen = [attack for attack in ATTACKS if attack.name in ON_MACHINE]
    folder = tmp_path_factory.mktemp("hostile")
    with fights(chosen) as prepared:
        yield [*(fight.folders[0] for fight in prepared), *(placed(name, folder / name).folder for name in ON_JUDGE)]


def scores(submissions: Path, out: Path, jobs: int) -> list[list[str]]:
    """Rows of scores.csv, in order."""
    command = [sys.executable, "-m", "autograder", "grade", str(submissions), "--assignment", "tiny"]
    command += ["--course", str(ROOT / "tests" / "course"), "--out", str(out), "--seed", "11", "--jobs", str(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    with (out / "scores.csv").open(newline="") as stream:
        return list(csv.reader(stream))[1:]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """Results of the honest half without the others, and their rows."""
    folder = tmp_path_factory.mktemp("alone")
    _place_honest(folder / "class")
    return folder / "out", scores(folder / "class", folder / "out", 2)


def _place_honest(folder: Path) -> None:
    folder.mkdir()
    sources = list(HONEST.values())
    for number in range(COUNT):
        place = folder / f"s{2 * number:02d}"
        place.mkdir()
        (place / "tiny.py").write_text(sources[number % len(sources)])


def test_the_class_is_half_hostile(hostile):
    assert len(hostile) == COUNT


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_honest_scores_do_not_depend_on_hostile_neighbours(hostile, alone, tmp_path, jobs):
    _place_honest(tmp_path / "class")
    for number, folder in enumerate(hostile):
        shutil.copytree(folder, tmp_path / "class" / f"s{2 * number + 1:02d}")
    rows = scores(tmp_path / "class", tmp_path / "out", jobs)
    assert len(rows) == 2 * COUNT
    out, expected = alone
    assert [row for row in rows if int(row[0][1:]) % 2 == 0] == expected
    for number in range(COUNT):
        for kind, suffix in (("feedback", "md"), ("results", "json")):
            name = f"{kind}/s{2 * number:02d}.{suffix}"
            assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes(), name
