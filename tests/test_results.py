"""What a batch leaves on disk, with an engine made up for it: scratch folders, steady texts, what --resume may keep."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import autograder
from autograder.core.assignment import load_assignment
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.errors import IntakeError
from autograder.grading import batch
from autograder.grading.batch import Batch, Options, Report
from autograder.grading.results import UNFINISHED
from autograder.grading.steady import steady_text
from autograder.intake.folder import find_submissions
from tests.conftest import TINY

TESTS = (TestInfo("test_double", "double", Decimal(6), False, "Doubles."),)


class FakeEngine:
    """An engine in whose hands every submission passes; ``on_task`` does what a submission would do to its folder."""

    on_task: Callable[[Task], str] = staticmethod(lambda task: "")

    def __init__(self, assignment: object, *, jobs: int = 1, seed: int = 0, **_: object):
        self.tests, self.device, self.isolation, self.versions = TESTS, "cpu", "none", {"torch": "0"}
        self.jobs, self.seed, self.data, self.data_note = jobs, seed, "", ""

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        for task in tasks:
            yield Graded(task.key, (TestOutcome("test_double", "passed", output=self.on_task(task)),))


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(batch, "Engine", FakeEngine)
    shutil.copytree(TINY, tmp_path / "tiny")
    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "ann" / "tiny.py").write_text("x = 1\n")
    return tmp_path


def run(folder: Path, *, resume: bool = False, seed: int | None = 0) -> Report:
    intake = find_submissions(folder / "class", "tiny")
    return Batch(load_assignment(folder / "tiny"), intake, Options(folder / "out", resume=resume, seed=seed)).run()


def nested(folder: Path, depth: int) -> None:
    """Folders in folders, deeper than any path can be long."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


def test_a_tree_of_any_depth_is_removed(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    nested(folder, 3000)
    remove_tree(folder)
    assert not folder.exists()


@pytest.fixture
def folder_of_a_plain_user() -> Iterator[Path]:
    """Root may enter and write everywhere, so its tests of permissions would show nothing."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    path = Path(tempfile.mkdtemp(prefix="plain-user-"))
    yield path
    if root:
        os.seteuid(0)
    shutil.rmtree(path)


def test_removal_opens_what_is_closed_and_follows_no_link(folder_of_a_plain_user):
    here = folder_of_a_plain_user
    kept = here / "kept" / "file"
    kept.parent.mkdir()
    kept.touch()
    folder = here / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").touch()
    (folder / "a" / "link").symlink_to(kept.parent)
    (folder / "broken").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    for path in (folder / "a" / "b", folder / "a", folder):
        path.chmod(0)
    remove_tree(folder)
    assert not folder.exists()
    assert kept.exists()
    link = here / "link"
    link.symlink_to(kept.parent)
    for path in (link, kept, here / "none"):
        remove_tree(path)
    assert kept.exists()


def test_a_scratch_folder_is_private_and_goes_away_after_an_error():
    with pytest.raises(RuntimeError), scratch_folder("test-") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        raise RuntimeError
    assert not folder.exists()


def test_no_folder_that_a_submission_leaves_ends_the_batch(course, monkeypatch):
    def digs(task: Task) -> str:
        nested(task.folder, 1500)
        return ""

    monkeypatch.setattr(FakeEngine, "on_task", staticmethod(digs))
    report = run(course)
    assert [record["status"] for record in report.records] == ["graded"]
    assert (course / "out" / "scores.csv").exists()


def test_what_chance_puts_into_text_is_replaced(course, monkeypatch):
    seen = []

    def prints(task: Task) -> str:
        seen.append(task.folder)
        return f"<function f at {id(object()):#x}> in {task.folder}/tiny.py, {task.folder.parent}\n"

    monkeypatch.setattr(FakeEngine, "on_task", staticmethod(prints))
    written = []
    for _ in range(2):
        run(course)
        written.append((course / "out" / "results" / "ann.json").read_bytes())
    assert seen[0] != seen[1]
    assert written[0] == written[1]
    assert json.loads(written[0])["tests"][0]["output"] == "<function f at 0x…> in ./tiny.py, .\n"
    assert steady_text("0xFF is 255, 0x1234567 is not shown") == "0xFF is 255, 0x… is not shown"


def test_resume_keeps_what_is_the_same(course):
    run(course)
    assert run(course, resume=True).reused == 1
    (course / "tiny" / "handout.md").write_text("A clearer sentence.\n")
    assert run(course, resume=True).reused == 1


@pytest.mark.parametrize("change", ["submission", "test", "data", "moved test"])
def test_resume_keeps_nothing_that_changed(course, change):
    (course / "tiny" / "hidden" / "points.csv").write_text("1\n")
    (course / "tiny" / "hidden" / "test_more.py").write_text("\n")
    run(course)
    if change == "submission":
        (course / "class" / "ann" / "tiny.py").write_text("x = 2\n")
    if change == "test":
        (course / "tiny" / "test_tiny.py").write_text("\n")
    if change == "data":
        (course / "tiny" / "hidden" / "points.csv").write_text("2\n")
    if change == "moved test":
        (course / "tiny" / "hidden" / "test_more.py").rename(course / "tiny" / "test_more.py")
    assert run(course, resume=True).reused == 0


def test_resume_says_what_is_wrong_now_and_not_what_was(course):
    hal, ian = course / "class" / "hal", course / "class" / "ian"
    hal.mkdir()
    ian.mkdir()
    (ian / "homework.py").write_text("x = 1\n")
    first = {record["student"]: record for record in run(course).records}
    assert "no file to grade" in first["hal"]["problem"]
    assert first["ian"]["notes"]
    for name in ("a.py", "b.py"):
        (hal / name).write_text("x = 1\n")
    (ian / "homework.py").rename(ian / "tiny.py")
    second = {record["student"]: record for record in run(course, resume=True).records}
    assert "two candidate files" in second["hal"]["problem"]
    assert not second["ian"]["notes"]


def test_results_of_unknown_origin_are_neither_removed_nor_mixed_in(course):
    run(course)
    (course / "out" / "run.json").unlink()
    for resume in (False, True):
        with pytest.raises(IntakeError, match="choose another --out"):
            run(course, resume=resume)
    assert (course / "out" / "results" / "ann.json").exists()


def test_half_written_files_of_a_killed_run_go(course):
    run(course)
    left = course / "out" / "results" / f"{UNFINISHED}abc"
    left.touch()
    run(course)
    assert not left.exists()


def seeds_on_disk(folder: Path) -> set[int]:
    files = [folder / "out" / "run.json", *(folder / "out" / "results").iterdir()]
    return {json.loads(path.read_text())["seed"] for path in files}


def test_each_run_draws_its_own_seed_and_notes_it(course):
    seen = [run(course, seed=None).seed for _ in range(20)]
    assert len(set(seen)) == 20
    assert all(0 <= seed < 2**53 for seed in seen)  # exact for whoever reads numbers of JSON as float64
    assert max(seen) > 2**45
    assert seeds_on_disk(course) == {seen[-1]}
    assert run(course, seed=7).seed == 7
    assert seeds_on_disk(course) == {7}


def test_resume_goes_on_with_the_seed_of_the_run(course):
    first = run(course, seed=None)
    (course / "class" / "bob").mkdir()
    (course / "class" / "bob" / "tiny.py").write_text("x = 1\n")
    second = run(course, seed=None, resume=True)
    assert (second.reused, second.seed) == (1, first.seed)
    assert {record["seed"] for record in second.records} == {first.seed}
    other = run(course, seed=first.seed + 1, resume=True)
    assert (other.reused, other.seed) == (0, first.seed + 1)


def test_a_killed_run_is_resumed_with_its_seed(course, monkeypatch):
    (course / "class" / "bob").mkdir()
    (course / "class" / "bob" / "tiny.py").write_text("x = 1\n")

    def killed_at_the_second(task: Task) -> str:
        if task.key.endswith("1"):
            raise RuntimeError("power cut")
        return ""

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(FakeEngine, "on_task", staticmethod(killed_at_the_second))
        run(course, seed=None)
    assert json.loads((course / "out" / "run.json").read_text())["state"] == "running"
    (seed,) = seeds_on_disk(course)
    report = run(course, seed=None, resume=True)
    assert (report.reused, report.seed) == (1, seed)
    assert len(report.records) == 2


@pytest.mark.parametrize("content", ["", "[]", '{"state": "running"}', '{"seed": "7"}', '{"seed": true}', "\x00"])
def test_resume_without_a_known_seed_takes_a_fresh_one(course, content):
    run(course)
    (course / "out" / "run.json").write_text(content)
    report = run(course, seed=None, resume=True)
    assert report.reused == 0
    assert report.seed > 1


@pytest.mark.parametrize("ours", [True, False])
def test_stopped_before_it_began_a_run_leaves_the_folder_as_it_was(course, monkeypatch, ours):
    def stopped(self: FakeEngine) -> None:
        raise KeyboardInterrupt

    run(course)
    if not ours:
        (course / "out" / "run.json").unlink()
    before = {path: path.read_bytes() for path in (course / "out").rglob("*.*")}
    with monkeypatch.context() as patched:
        patched.setattr(FakeEngine, "__enter__", stopped)
        assert not run(course, seed=None).complete
    assert {path: path.read_bytes() for path in (course / "out").rglob("*.*")} == before


def notes_of(folder: Path, source: str) -> list[str]:
    (folder / "class" / "ann" / "tiny.py").write_text(source)
    (record,) = run(folder).records
    feedback = (folder / "out" / "feedback" / "ann.md").read_text()
    assert all(note in feedback for note in record["notes"])
    return record["notes"]


def test_a_submission_from_another_release_is_graded_and_told_so(course):
    toml = course / "tiny" / "assignment.toml"
    toml.write_text('version = "1.10"\n' + toml.read_text())
    assert notes_of(course, "x = 1\n") == []
    assert notes_of(course, "# release: tiny 1.10\nx = 1\n") == []
    (older,) = notes_of(course, "# release: tiny 1.9\nx = 1\n")
    assert older.startswith("made from release 1.9 of tiny; the current one is 1.10: ")
    (newer,) = notes_of(course, "# release: tiny 2.0\nx = 1\n")
    assert newer == "made from release 2.0 of tiny, which is newer than the 1.10 that graded it"
    (other,) = notes_of(course, "# release: huge 1.10\nx = 1\n")
    assert other == "made from release 1.10 of huge, another assignment; this one is tiny"


def test_a_notebook_from_an_older_release_is_told_so_too(course):
    notebook = {"cells": [{"cell_type": "markdown", "source": ["# release: tiny 0.9\n", "Do this."]}]}
    (course / "class" / "ann" / "tiny.py").unlink()
    (course / "class" / "ann" / "tiny.ipynb").write_text(json.dumps(notebook))
    (record,) = run(course).records
    assert record["notes"][0].startswith("made from release 0.9 of tiny; the current one is 1.0: ")
    assert record["score"] == "6"


def test_results_feedback_and_run_name_the_release(course):
    toml = course / "tiny" / "assignment.toml"
    toml.write_text('version = "1.2"\n' + toml.read_text())
    (record,) = run(course).records
    assert record["release"] == "1.2"
    facts = json.loads((course / "out" / "run.json").read_text())
    assert (facts["assignment"], facts["release"], facts["engine"]) == ("tiny", "1.2", autograder.__version__)
    assert "points** (release 1.2)" in (course / "out" / "feedback" / "ann.md").read_text()


def test_resume_keeps_nothing_of_another_release(course):
    run(course)
    toml = course / "tiny" / "assignment.toml"
    toml.write_text('version = "1.2"\n' + toml.read_text())
    assert run(course, resume=True).reused == 0
