"""What graders have, from tidy to hostile: everything is taken, or left with one line that says why."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from autograder.errors import IntakeError
from autograder.grading.results import csv_cell
from autograder.intake.folder import MAX_BYTES, find_submissions, read_regular


def by_name(folder: Path) -> dict:
    return {item.student: item for item in find_submissions(folder, "tiny").submissions}


def put(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    return folder


def test_folders_and_files(tmp_path):
    put(
        tmp_path,
        "ann.py",
        "bob.ipynb",
        "cat/tiny.py",
        "cat/helper.py",
        "dan/homework.py",
        "eve/tiny.ipynb",
        "eve/old.py",
    )
    found = by_name(tmp_path)
    assert list(found) == ["ann", "bob", "cat", "dan", "eve"]
    assert [path.name for path in found["cat"].files] == ["tiny.py", "helper.py"]
    assert found["dan"].note == "graded homework.py, since there is no tiny.py or tiny.ipynb"
    assert found["eve"].files[0].name == "tiny.ipynb"
    assert all(item.problem is None for item in found.values())


def test_problems_are_one_clear_line(tmp_path):
    put(tmp_path, "none/readme.txt", "both/tiny.py", "both/tiny.ipynb", "many/a.py", "many/b.py", "tests/test_x.py")
    put(tmp_path, "pair.py", "pair.ipynb")
    (tmp_path / "empty").mkdir()
    found = by_name(tmp_path)
    assert found["none"].problem == "no file to grade: expected tiny.py or tiny.ipynb; the folder holds readme.txt"
    assert found["empty"].problem == "no file to grade: expected tiny.py or tiny.ipynb"
    assert "two candidate files or more (tiny.ipynb, tiny.py)" in found["both"].problem
    assert "(a.py, b.py)" in found["many"].problem
    assert "two candidate files" in found["pair"].problem
    assert "no file to grade" in found["tests"].problem


def test_links_and_other_things_are_left_out(tmp_path):
    put(tmp_path, "ann.py", "notes.txt", ".DS_Store", "__MACOSX/ann.py")
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "tiny.py").symlink_to("/etc/passwd")
    (tmp_path / "cat").mkdir()
    os.mkfifo(tmp_path / "cat" / "tiny.py")
    intake = find_submissions(tmp_path, "tiny")
    found = {item.student: item for item in intake.submissions}
    assert list(found) == ["ann", "bob", "cat"]
    assert found["bob"].problem == "tiny.py is a link; links are not followed"
    assert found["cat"].problem == "tiny.py is not a regular file"
    assert intake.left_out == (
        "folder: a link; links are not followed",
        "link.py: a link; links are not followed",
        "notes.txt: neither a folder nor a .py or .ipynb file",
    )


def test_reading_refuses_links_pipes_and_large_files(tmp_path):
    (tmp_path / "large.py").write_bytes(bytes(MAX_BYTES + 1))
    (tmp_path / "link.py").symlink_to(tmp_path / "large.py")
    os.mkfifo(tmp_path / "pipe.py")
    for name, said in (("large", "larger than 10 MiB"), ("link", "can't be read"), ("pipe", "not a regular file")):
        with pytest.raises(IntakeError, match=said):
            read_regular(tmp_path / f"{name}.py")


ODD = [
    "../escape", "=cmd|' /C calc'!A0", "-rf", "a b  c", "Zoë", "Zoe", "zoe", "名前", "x" * 200, "a\nb", "\x1b[31mred",
    "\u202eevil", "CON", ".hidden", "a.b.c", "'quoted'", "<script>",
]  # fmt: skip


def test_odd_names_give_safe_and_unique_files(tmp_path):
    for i, name in enumerate(ODD):
        try:
            put(tmp_path, f"{name.replace('/', '_')}/tiny.py")
        except OSError:
            put(tmp_path, f"{'y' * 100}{i}/tiny.py")
    submissions = find_submissions(tmp_path, "tiny").submissions
    slugs = [item.slug for item in submissions]
    assert (
        len({slug.casefold() for slug in slugs}) == len(slugs) >= len(ODD) - 2
    )  # one is hidden, one holds a line break or slash
    for item in submissions:
        assert item.slug
        assert set(item.slug) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        assert item.slug[0] not in ".-"
        assert len(item.slug) <= 70
        assert item.student.isprintable()
        assert len(item.student) <= 120


def test_single_file_and_wrong_paths(tmp_path):
    put(tmp_path, "ann.py", "x.txt")
    assert find_submissions(tmp_path / "ann.py", "tiny").submissions[0].student == "ann"
    (tmp_path / "nothing").mkdir()
    for path, said in (
        ("none", "no such file or folder"),
        ("x.txt", "a .py or .ipynb file"),
        ("nothing", "no submissions"),
    ):
        with pytest.raises(IntakeError, match=said):
            find_submissions(tmp_path / path, "tiny")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_spreadsheet_takes_a_name_for_a_formula(text):
    assert csv_cell(text) == "'" + text
    assert csv_cell("Ann") == "Ann"


def test_a_single_file_has_a_name_for_its_results(tmp_path):
    put(tmp_path, "Zoë.py")
    (tmp_path / "link.py").symlink_to("Zoë.py")
    assert find_submissions(tmp_path / "Zoë.py", "tiny").submissions[0].slug == "Zoe"
    named = find_submissions(tmp_path / "link.py", "tiny").submissions[0]  # the grader's own link
    assert (named.student, named.slug) == ("link", "link")
    assert read_regular(named.files[0])


def test_names_that_look_the_same_are_told_apart(tmp_path):
    put(tmp_path, "ann/tiny.py", "ann.py", "a b/tiny.py", "a  b/tiny.py", "Zoe\u0308/tiny.py", "Zoë/tiny.py")
    shown = [unicodedata.normalize("NFC", item.student) for item in find_submissions(tmp_path, "tiny").submissions]
    assert sorted(shown) == ["Zoë", "Zoë (2)", "a b", "a b (2)", "ann", "ann (2)"]


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "aux.old"])
def test_no_file_gets_a_name_that_windows_keeps_for_itself(tmp_path, name):
    put(tmp_path, f"{name}/tiny.py")
    assert find_submissions(tmp_path, "tiny").submissions[0].slug == f"student_{name}"


def test_a_folder_that_cannot_be_read_is_one_problem(tmp_path, monkeypatch):
    put(tmp_path, "ann/tiny.py", "bob/tiny.py")
    listed = Path.iterdir

    def refused(self: Path):
        if self.name == "bob":
            raise PermissionError(13, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refused)
    found = by_name(tmp_path)
    assert found["ann"].problem is None
    assert found["bob"].problem == "bob is a folder that can't be read: Permission denied"
