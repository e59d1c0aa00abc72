"""What a batch leaves on disk, with an engine made up for it: scratch folders, steady texts, what a rerun may keep."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import autograder
from autograder.core.assignment import load_assignment
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.errors import InfrastructureError, IntakeError
from autograder.gradebook.store import Gradebook
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
    failing: frozenset[str] = frozenset()  # keys of tasks

    def __init__(self, assignment: object, *, jobs: int = 1, seed: int = 0, **_: object):
        self.tests, self.device, self.isolation, self.versions = TESTS, "cpu", "none", {"torch": "0"}
        self.jobs, self.seed, self.data, self.data_note = jobs, seed, "", ""

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        for task in tasks:
            verdict = "failed" if task.key in self.failing else "passed"
            yield Graded(task.key, (TestOutcome("test_double", verdict, output=self.on_task(task)),))


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(batch, "Engine", FakeEngine)
    shutil.copytree(TINY, tmp_path / "tiny")
    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "ann" / "tiny.py").write_text("x = 1\n")
    return tmp_path


def run(folder: Path, *, force: bool = False, seed: int | None = 0) -> Report:
    intake = find_submissions(folder / "class", "tiny")
    return Batch(load_assignment(folder / "tiny"), intake, Options(folder / "out", force=force, seed=seed)).run()


def hand_in(folder: Path, name: str, source: str = "x = 1\n") -> None:
    (folder / "class" / name).mkdir(exist_ok=True)
    (folder / "class" / name / "tiny.py").write_text(source)


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
    assert [summary.status for summary in report.summaries] == ["graded"]
    assert (course / "out" / "scores.csv").exists()


def test_what_chance_puts_into_text_is_replaced(course, monkeypatch):
    seen = []

    def prints(task: Task) -> str:
        seen.append(task.folder)
        return f"<function f at {id(object()):#x}> in {task.folder}/tiny.py, {task.folder.parent}\n"

    monkeypatch.setattr(FakeEngine, "on_task", staticmethod(prints))
    written = []
    for _ in range(2):
        run(course, force=True)
        written.append((course / "out" / "results" / "ann.json").read_bytes())
    assert seen[0] != seen[1]
    assert written[0] == written[1]
    assert json.loads(written[0])["tests"][0]["output"] == "<function f at 0x…> in ./tiny.py, .\n"
    assert steady_text("0xFF is 255, 0x1234567 is not shown") == "0xFF is 255, 0x… is not shown"
    home = f"{tempfile.gettempdir()}/autograder-a1b2c3_4/submission-x9y8z7_6"
    assert steady_text(f"{home}, {home}/tmp") == "., ./tmp"


def test_what_is_the_same_is_kept(course):
    run(course)
    assert run(course).reused == 1
    (course / "tiny" / "handout.md").write_text("A clearer sentence.\n")
    assert run(course).reused == 1


def test_feedback_follows_the_rule_on_hidden_tests_without_grading_again(course, monkeypatch):
    def lines() -> str:
        return (course / "out" / "feedback" / "ann.md").read_text()

    hidden = (TestInfo("test_double", "double", Decimal(6), True, "Doubles."),)
    monkeypatch.setattr("tests.test_results.TESTS", hidden)
    failed = [TestOutcome("test_double", "failed", "a secret")]
    monkeypatch.setattr(FakeEngine, "grade", lambda self, tasks: (Graded(task.key, tuple(failed)) for task in tasks))
    toml = (course / "tiny" / "assignment.toml").read_text()
    for rule, told in (("title", "Doubles."), ("count", "- 1, worth 6 points together"), ("none", None)):
        (course / "tiny" / "assignment.toml").write_text(f'{toml}\n[report]\nhidden = "{rule}"\n')
        assert run(course).reused == (rule != "title")
        assert "secret" not in lines()
        assert (told in lines()) if told else ("Hidden" not in lines() and "Doubles" not in lines())


@pytest.mark.parametrize("change", ["submission", "test", "data", "moved test"])
def test_nothing_that_changed_is_kept(course, change):
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
    assert run(course).reused == 0


def test_a_rerun_says_what_is_wrong_now_and_not_what_was(course):
    hal, ian = course / "class" / "hal", course / "class" / "ian"
    hal.mkdir()
    ian.mkdir()
    (ian / "homework.py").write_text("x = 1\n")
    first = {record["student"]: record for record in run(course).records()}
    assert "no file to grade" in first["hal"]["problem"]
    assert first["ian"]["notes"]
    for name in ("a.py", "b.py"):
        (hal / name).write_text("x = 1\n")
    (ian / "homework.py").rename(ian / "tiny.py")
    second = {record["student"]: record for record in run(course).records()}
    assert "two candidate files" in second["hal"]["problem"]
    assert not second["ian"]["notes"]


def test_results_of_unknown_origin_are_neither_removed_nor_mixed_in(course):
    run(course)
    (course / "out" / "run.json").unlink()
    for force in (False, True):
        with pytest.raises(IntakeError, match="choose another --out"):
            run(course, force=force)
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


def test_each_forced_run_draws_its_own_seed_and_notes_it(course):
    seen = [run(course, seed=None, force=True).seed for _ in range(20)]
    assert len(set(seen)) == 20
    assert all(0 <= seed < 2**53 for seed in seen)  # exact for whoever reads numbers of JSON as float64
    assert max(seen) > 2**45
    assert seeds_on_disk(course) == {seen[-1]}
    assert run(course, seed=7).seed == 7
    assert seeds_on_disk(course) == {7}


def test_a_rerun_goes_on_with_the_seed_of_the_last_run(course):
    first = run(course, seed=None)
    hand_in(course, "bob")
    second = run(course, seed=None)
    assert (second.reused, second.seed) == (1, first.seed)
    assert {record["seed"] for record in second.records()} == {first.seed}
    other = run(course, seed=first.seed + 1)
    assert (other.reused, other.seed, other.reasons) == (0, first.seed + 1, {"seed changed": 2})
    assert run(course, seed=first.seed).reused == 2  # the old results are still known


def test_after_a_power_cut_a_run_goes_on_with_its_seed(course, monkeypatch):
    hand_in(course, "bob")

    def killed_at_the_second(task: Task) -> str:
        if task.key.endswith("1"):
            os.kill(os.getpid(), signal.SIGKILL)
        return ""

    monkeypatch.setattr(FakeEngine, "on_task", staticmethod(killed_at_the_second))
    pid = os.fork()
    if pid == 0:
        run(course, seed=None)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    monkeypatch.undo()
    assert json.loads((course / "out" / "run.json").read_text())["state"] == "running"
    (seed,) = seeds_on_disk(course)
    monkeypatch.setattr(batch, "Engine", FakeEngine)
    report = run(course, seed=None)
    assert (report.reused, report.seed, report.run) == (1, seed, 2)
    assert len(report.summaries) == 2


def test_stopped_before_it_began_a_run_leaves_the_folder_as_it_was(course, monkeypatch):
    def stopped(self: FakeEngine) -> None:
        raise KeyboardInterrupt

    run(course)
    before = {path: path.read_bytes() for path in (course / "out").rglob("*.*")}
    hand_in(course, "bob")
    with monkeypatch.context() as patched:
        patched.setattr(FakeEngine, "__enter__", stopped)
        assert not run(course, seed=None).complete
    assert {path: path.read_bytes() for path in (course / "out").rglob("*.*")} == before


def test_an_engine_that_breaks_keeps_what_is_done_and_says_so(course, monkeypatch):
    hand_in(course, "bob")

    def breaks_at_the_second(task: Task) -> str:
        if task.key.endswith("1"):
            raise InfrastructureError("the nursery did not start")
        return ""

    with monkeypatch.context() as patched:
        patched.setattr(FakeEngine, "on_task", staticmethod(breaks_at_the_second))
        with pytest.raises(InfrastructureError, match="did not start; 1 of 2 are graded and kept: run it again"):
            run(course)
    assert (course / "out" / "scores.csv").read_text().splitlines()[1:] == ['"ann",6,6,6,"graded"']
    assert json.loads((course / "out" / "run.json").read_text())["state"] == "interrupted"
    report = run(course)
    assert (report.reused, report.reasons, len(report.summaries)) == (1, {"new": 1}, 2)


def test_with_nothing_changed_no_engine_is_started(course, monkeypatch):
    (course / "class" / "hal").mkdir()

    def refused(self: FakeEngine) -> None:
        raise AssertionError("an engine was started")

    run(course)
    before = {path: path.read_bytes() for path in (course / "out").rglob("*.*") if path.parent != course / "out"}
    monkeypatch.setattr(FakeEngine, "__enter__", refused)
    report = run(course, seed=None)
    assert (report.reused, report.reasons, report.run) == (2, {}, 2)
    (course / "class" / "ian").mkdir()  # nothing in it that could run
    assert run(course).reasons == {"new": 1}
    shutil.rmtree(course / "class" / "ian")
    (course / "out" / "results" / "ann.json").unlink()
    (course / "out" / "feedback" / "hal.md").unlink()
    run(course)
    after = {path: path.read_bytes() for path in (course / "out").rglob("*.*") if path.parent != course / "out"}
    assert after == before


def test_a_result_that_is_right_again_is_not_made_again(course):
    run(course)
    first = (course / "out" / "results" / "ann.json").read_bytes()
    page = course / "out" / "feedback" / "ann.html"
    page.touch()
    hand_in(course, "ann", "x = 2\n")
    report = run(course)
    assert (report.reused, report.reasons) == (0, {"changed": 1})
    assert (course / "out" / "results" / "ann.json").read_bytes() != first
    assert not page.exists()
    hand_in(course, "ann")
    assert run(course).reused == 1
    assert (course / "out" / "results" / "ann.json").read_bytes() == first


def test_every_reason_to_grade_again_is_told(course):
    hand_in(course, "bob")
    toml = course / "tiny" / "assignment.toml"
    run(course)
    with toml.open("a") as stream:
        stream.write("\n[thresholds]\nloss = 0.5\n")
    assert run(course).reasons == {"thresholds changed": 2}
    (course / "tiny" / "calibration.json").write_text('{"bars": []}')
    (course / "tiny" / "test_tiny.py").write_text("\n")
    hand_in(course, "bob", "x = 2\n")
    hand_in(course, "cat")
    assert run(course).reasons == {"thresholds and tests changed": 1, "changed": 1, "new": 1}
    assert run(course, force=True).reasons == {"forced": 3}
    with toml.open("a") as stream:
        stream.write("\n[report]\nhidden = 'none'\n")  # about pages only
    assert run(course, seed=None).reused == 3


def test_attempts_that_all_count_are_told_apart_in_the_table(course):
    intake = find_submissions(course / "class", "tiny")
    (ann,) = intake.submissions
    again = replace(ann, slug="ann-2", attempt=2)
    both = replace(intake, submissions=(replace(ann, identity="7"), replace(again, identity="7")))
    for expected in (0, 2):
        report = Batch(load_assignment(course / "tiny"), both, Options(course / "out")).run()
        assert (report.reused, len(report.changed)) == (expected, 0)
        rows = (course / "out" / "scores.csv").read_text().splitlines()
        assert rows[0].startswith('"student","attempt","score"')
        assert [row.split(",")[:3] for row in rows[1:]] == [['"ann"', "1", "6"], ['"ann"', "2", "6"]]


def test_one_gradebook_for_the_whole_course(course):
    shutil.copytree(course / "tiny", course / "second")
    book = course / "course.sqlite"
    for run_number, name in enumerate(("tiny", "second", "tiny"), start=1):
        options = Options(course / f"out-{name}", seed=None, gradebook=book)
        report = Batch(load_assignment(course / name), find_submissions(course / "class", "tiny"), options).run()
        assert (report.run, report.gradebook, report.reused) == (run_number, book, run_number // 3)
    assert not (course / "out-tiny" / "gradebook.sqlite").exists()
    with Gradebook.open(book) as opened:
        first, second, third = opened.runs()
        assert [first.assignment, second.assignment] == ["tiny", "second"]
        assert third.seed == first.seed != second.seed
        assert len(opened.runs("tiny")) == 2


def test_a_score_that_changed_is_told(course, monkeypatch):
    for name in ("bob", "cat"):
        hand_in(course, name)
    assert not run(course).changed
    monkeypatch.setattr(FakeEngine, "failing", frozenset(("00000", "00002")))
    (course / "tiny" / "test_tiny.py").write_text("\n")
    moves = run(course).changed
    assert [(move.after.slug, move.by, move.run) for move in moves] == [("ann", -6, 1), ("cat", -6, 1)]
    assert not run(course).changed


def notes_of(folder: Path, source: str) -> list[str]:
    (folder / "class" / "ann" / "tiny.py").write_text(source)
    (record,) = run(folder).records()
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
    (record,) = run(course).records()
    assert record["notes"][0].startswith("made from release 0.9 of tiny; the current one is 1.0: ")
    assert record["score"] == "6"


def test_results_feedback_and_run_name_the_release(course):
    toml = course / "tiny" / "assignment.toml"
    toml.write_text('version = "1.2"\n' + toml.read_text())
    (record,) = run(course).records()
    assert record["release"] == "1.2"
    facts = json.loads((course / "out" / "run.json").read_text())
    assert (facts["assignment"], facts["release"], facts["engine"]) == ("tiny", "1.2", autograder.__version__)
    assert "points** (release 1.2)" in (course / "out" / "feedback" / "ann.md").read_text()


def test_nothing_of_another_release_is_kept(course):
    run(course)
    toml = course / "tiny" / "assignment.toml"
    toml.write_text('version = "1.2"\n' + toml.read_text())
    assert run(course).reused == 0
