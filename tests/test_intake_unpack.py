"""Archives that attack: every entry costs at most itself, nothing is followed, and memory and disk stay bounded."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.core.locked import Bounds, LockedError
from autograder.core.scratch import remove_tree
from autograder.errors import IntakeError
from autograder.intake import unpack
from autograder.intake.names import split_path
from autograder.intake.sources import open_intake
from autograder.intake.unpack import Unpacker, in_halves
from autograder.intake.zipped import ZipError, ZipReader
from tests.exports import GOOD, RawEntry, RawZip, bomb, canvas_name, otter_zip, put, zip_of

MIB = 2**20
LINK = 0o120777


def unpacked(data: bytes) -> dict[str, bytes | str]:
    """Every entry's content, or what is wrong with it."""
    reader = ZipReader(io.BytesIO(data))
    found: dict[str, bytes | str] = {}
    for entry in reader.entries():
        try:
            found[entry.name] = entry.problem or b"".join(reader.content(entry))
        except ZipError as error:
            found[entry.name] = str(error)
    return found


HOSTILE = {
    "link": (RawEntry(b"tiny.py", b"/etc/passwd", mode=LINK), "a link; links are not followed"),
    "pipe": (RawEntry(b"tiny.py", mode=0o010644), "not a regular file"),
    "encrypted": (RawEntry(b"tiny.py", flags=1), "encrypted; hand it in without a password"),
    "strongly encrypted": (RawEntry(b"tiny.py", flags=0x41), "encrypted; hand it in without a password"),
    "bzip2": (RawEntry(b"tiny.py", method=12, stream=b"BZh9"), "compressed by bzip2; zip it the ordinary way"),
    "unheard of": (RawEntry(b"tiny.py", method=77, stream=b"?"), "compressed by method 77; zip it the ordinary way"),
    "says too little": (RawEntry(b"tiny.py", bytes(MIB), size=10), "larger than its header says"),
    "says too much": (RawEntry(b"tiny.py", size=10**9), "smaller than its header says"),
    "stored too short": (RawEntry(b"tiny.py", method=0, size=4), "larger than its header says"),
    "checksum": (RawEntry(b"tiny.py", checksum=1), "damaged: its checksum is wrong"),
    "no deflate": (RawEntry(b"tiny.py", stream=b"\xff\xff\xff"), "damaged: it can't be unpacked"),
    "cut": (RawEntry(b"tiny.py", stream=b"\x4b"), "cut off"),
    "beyond the end": (RawEntry(b"tiny.py", packed=10**6), "cut off"),
    "two names": (RawEntry(b"tiny.py", local_name=b"evil.py"), "known by two names"),
    "nowhere": (RawEntry(b"tiny.py", offset=10**6), "cut off"),
}


@pytest.mark.parametrize("which", HOSTILE)
def test_a_bad_entry_costs_itself_alone(which):
    entry, said = HOSTILE[which]
    found = unpacked(RawZip([RawEntry(b"before.py"), entry, RawEntry(b"after.py")]).build())
    assert found["tiny.py"] == said
    # One that claims what lies behind it, too, takes that along.
    assert found["before.py"] == GOOD
    assert found["after.py"] == ("laid over another entry" if which == "beyond the end" else GOOD)


def test_entries_that_share_data_are_given_out_once():
    kernel = RawEntry(b"tiny.py", bytes(MIB), stream=bomb(MIB))
    copies = [RawEntry(b"tiny.py", kernel.data, stream=kernel.stream, offset=0) for _ in range(500)]
    found = unpacked(RawZip([kernel, *copies]).build())
    assert found == {"tiny.py": "laid over another entry"}
    first = next(ZipReader(io.BytesIO(RawZip([kernel, RawEntry(b"x", offset=0)]).build())).entries())
    assert first.problem is None


def test_names_in_old_code_pages_and_without_the_flag_for_utf_8():
    names = ["Zoë.py".encode(), "Zoë.py".encode("cp437"), b"\xff\xfe.py"]
    found = list(ZipReader(io.BytesIO(RawZip([RawEntry(name) for name in names]).build())).entries())
    assert [entry.name for entry in found] == ["Zoë.py", "Zoë.py", "\N{NO-BREAK SPACE}■.py"]
    flagged = ZipReader(io.BytesIO(RawZip([RawEntry(b"\xff.py", flags=0x800), RawEntry(b"ok.py")]).build()))
    assert [entry.problem for entry in flagged.entries()] == [None, None]


def test_large_archives_are_read_with_their_zip64_fields(monkeypatch):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("tiny.py", "w", force_zip64=True) as file:
        file.write(GOOD)
    assert unpacked(stream.getvalue()) == {"tiny.py": GOOD}
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)  # else it takes 65,536 entries, or 4 GiB
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    files = {"a.py": GOOD, "b.py": b"# other"}
    data = zip_of(files)
    assert b"PK\x06\x06" in data
    assert unpacked(data) == unpacked(b"#!/bin/sh\n" + data) == files


def test_bytes_before_and_a_comment_after_do_no_harm():
    data = zip_of({"tiny.py": GOOD})
    comment = b"a comment with PK\x05\x06 in it"
    with_comment = data[:-2] + struct.pack("<H", len(comment)) + comment
    assert unpacked(b"#!/bin/sh\n" + with_comment) == {"tiny.py": GOOD}


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\\"), min_size=1, max_size=30)


@given(st.dictionaries(NAMES, st.binary(max_size=3000), max_size=6))
@settings(max_examples=100, deadline=None)
def test_what_is_packed_comes_out_again(files):
    data = zip_of({f"{number}-{name}": content for number, (name, content) in enumerate(files.items())})
    assert list(unpacked(data).values()) == list(files.values())


@given(st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_changed_in_an_archive_no_more_comes_out_than_was_promised(data):
    archive = bytearray(RawZip([RawEntry(b"a.py", b"x" * 5000), RawEntry(b"b.py", b"yz" * 200, method=0)]).build())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(archive) - 1))
        change = data.draw(st.sampled_from(["byte", "cut", "twice", "extreme"]))
        if change == "byte":
            archive[at] = data.draw(st.integers(0, 255))
        elif change == "cut":
            del archive[at : at + data.draw(st.integers(1, 20))]
        elif change == "twice":
            archive[at:at] = archive[max(0, at - 30) : at]
        else:
            archive[at : at + 4] = data.draw(st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f"]))
        if not archive:
            return
    try:
        reader = ZipReader(io.BytesIO(bytes(archive)))
        entries = list(reader.entries())
    except ZipError:
        return
    for entry in entries:
        produced = 0
        try:
            for piece in reader.content(entry) if entry.problem is None else ():
                produced += len(piece)
        except ZipError:
            continue
        finally:
            assert produced <= entry.size


FLAWS = {
    "../../etc/cron.d/x.py": "out of the archive",
    "a/../../x.py": "out of the archive",
    "..\\..\\x.py": "out of the archive",
    "/etc/passwd": "absolute",
    "\\\\server\\share": "absolute",
    "C:/x.py": "absolute",
    "c:x.py": "absolute",
    "x" * 10_000: "too long",
    "/".join(["d" * 100] * 11): "too long",
    "/".join("abcdefghijklmnop"): "folders deep",
    "a\nb.py": "control characters",
    "a\0.py": "control characters",
    "\x1b[31m.py": "control characters",
    "aux.py": "device",
    "a/NUL": "device",
    "./": "no name",
    "": "no name",
}


@pytest.mark.parametrize("name", FLAWS, ids=range(len(FLAWS)))
def test_names_that_lead_elsewhere_or_nowhere(name):
    assert FLAWS[name] in split_path(name)[1]


def test_ordinary_names_pass():
    for name, parts in (("a/b.py", ("a", "b.py")), ("a\\b c.py", ("a", "b c.py")), ("./名前/ü.py", ("名前", "ü.py"))):
        assert split_path(name) == (parts, None)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_name_without_a_flaw_leaves_its_folder(name):
    parts, flaw = split_path(name)
    if flaw is None:
        assert parts and ".." not in parts
        assert all(part and "/" not in part and "\0" not in part for part in parts)


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    remove_tree(folder)


def test_hostile_entries_through_the_child(tmp_path, scratch):
    entries = [RawEntry(b"ann/tiny.py"), *(RawEntry(name.encode()) for name in FLAWS)]
    for number, (entry, _) in enumerate(HOSTILE.values()):
        entries.append(RawEntry(**{**vars(entry), "name": b"s%d/tiny.py" % number}))
    archive = tmp_path / "class.zip"
    archive.write_bytes(RawZip(entries).build())
    before = {path for path in tmp_path.rglob("*") if scratch not in path.parents}
    intake = open_intake(archive, "tiny", scratch=scratch)
    found = {item.student: item for item in intake.submissions}
    assert found["ann"].problem is None and found["ann"].files[0].read_bytes() == GOOD
    hurt = [found[f"s{number}"].problem for number in range(len(HOSTILE)) if f"s{number}" in found]
    assert len(hurt) == len(HOSTILE) and all(problem.startswith("tiny.py is ") for problem in hurt)
    left_out = [line for line in intake.left_out if "not taken: it" in line]
    assert len(left_out) == len([name for name in FLAWS if name != "./" and len(split_path(name)[0]) == 1])
    assert "'../../etc/cron.d/x.py': not taken: its name leads out of the archive" in left_out
    assert {path for path in tmp_path.rglob("*") if scratch not in path.parents} == before
    for path in scratch.rglob("*"):
        assert stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFREG, stat.S_IFDIR)


def test_bombs_of_every_kind_cost_their_student_alone(tmp_path, scratch):
    flat = bomb(64 * MIB)
    quine = zip_of({f"{number}.zip": zip_of({"tiny.py": GOOD}) for number in range(3)})
    files = {
        "honest.zip": zip_of({"tiny.py": GOOD}),
        "flat.zip": RawZip([RawEntry(b"tiny.py", stream=flat, size=64 * MIB, checksum=0)]).build(),
        "lying.zip": RawZip([RawEntry(b"tiny.py", stream=flat, size=1000, checksum=0)]).build(),
        "sharing.zip": RawZip(
            [RawEntry(b"tiny.py", stream=flat, size=9 * MIB), *(RawEntry(b"h%d.py" % i, offset=0) for i in range(60))]
        ).build(),
        "nested.zip": quine,
        "many.zip": RawZip([RawEntry(b"%d.py" % number, b"") for number in range(10_000)]).build(),
        "helpers.zip": zip_of({"tiny.py": GOOD, **{f"h{number}.py": b"" for number in range(60)}}),
        "heavy.zip": zip_of({"tiny.py": GOOD, **{f"h{number}.py": bytes(9 * MIB) for number in range(8)}}),
        "cut.zip": zip_of({"tiny.py": GOOD})[:-30],
    }
    intake = open_intake(put(tmp_path / "class", files), "tiny", scratch=scratch)
    problems = {item.student: item.problem for item in intake.submissions}
    assert problems.pop("honest") is None
    for name, said in (
        ("flat", "larger than 10 MiB"),
        ("lying", "tiny.py is larger than its header says"),
        ("sharing", "is larger than its header says"),
        ("nested", "an archive within an archive"),
        ("many", "an archive with more than 2,000 entries"),
        ("helpers", "61 files, more than 50"),
        ("heavy", "more than 64 MiB of code"),
        ("cut", "no zip archive, or cut off"),
    ):
        assert said in problems.pop(name)
    assert not problems
    assert sum(path.stat().st_size for path in scratch.rglob("*") if path.is_file()) < MIB


def test_names_that_look_alike_are_not_both_taken(tmp_path, scratch):
    files = {
        "tiny.py": GOOD,
        "helper.py": b"# first\n",
        "Helper.py": b"# second\n",
        "\N{FULLWIDTH LATIN SMALL LETTER H}elper.py": b"# third\n",
    }
    archive = tmp_path / "ann.zip"
    archive.write_bytes(zip_of(files))
    intake = open_intake(archive, "tiny", scratch=scratch)
    (ann,) = intake.submissions
    assert [path.name for path in ann.files] == ["tiny.py", "helper.py"]
    assert sum("its name looks like another file's" in line for line in intake.left_out) == 2


def test_where_a_child_breaks_only_what_broke_it_is_lost():
    asked = []

    def action(jobs):
        asked.append(list(jobs))
        if "bad" in jobs:
            raise LockedError("took longer than 5 s")
        return [job.upper() for job in jobs]

    jobs = [f"job {number}" for number in range(20)]
    jobs[13] = "bad"
    found = in_halves(action, jobs)
    assert found[13] == "not to be read: reading it took longer than 5 s"
    assert found[:13] + found[14:] == [job.upper() for job in jobs if job != "bad"]
    assert len(asked) < 12


def test_a_child_that_needs_too_much_memory_costs_one_archive(tmp_path, scratch):
    tight = Bounds(seconds=60, memory_mb=24, open_files=64, reply_mb=64)
    large = tmp_path / "large.zip"
    large.write_bytes(RawZip([RawEntry(b"%0200d" % number, b"") for number in range(60_000)]).build())
    small = tmp_path / "small.zip"
    small.write_bytes(zip_of({"tiny.py": GOOD}))
    found = Unpacker(scratch, bounds=tight).listings([small, large, small])
    assert [item.name for item in found[0]] == [item.name for item in found[2]] == ["tiny.py"]
    assert found[1] == "not to be read: reading it needs too much memory"


def test_a_full_disk_is_the_graders_to_mend(tmp_path, scratch, monkeypatch):
    archive = tmp_path / "class.zip"
    archive.write_bytes(zip_of({"ann/tiny.py": GOOD}))

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(unpack, "_write", full)
    with open(archive, "rb") as stream:
        assert unpack.take_entries({"most": MIB, "wanted": [[0, 0]]}, stream) == "full"
    monkeypatch.setattr(unpack, "run_locked", lambda function, *_args, **_options: (
        [[["ann/tiny.py", 9, False, None]]] if function is unpack.list_entries else "full"))  # fmt: skip
    with pytest.raises(IntakeError, match="no space left to unpack submissions in"):
        open_intake(archive, "tiny", scratch=scratch)


def test_what_a_child_that_was_taken_over_leaves_behind_is_not_followed(tmp_path, scratch, monkeypatch):
    archive = tmp_path / "ann.zip"
    archive.write_bytes(zip_of({"tiny.py": GOOD, "helper.py": GOOD}))

    def taken_over(function, request, *, folder=None, **_options):
        if function is unpack.list_entries:
            return [[["tiny.py", 9, False, None], ["helper.py", 9, False, "\x1b[31mred\nand more"]]]
        os.symlink("/etc/passwd", folder / "0")
        return [None]

    monkeypatch.setattr(unpack, "run_locked", taken_over)
    (ann,) = open_intake(archive, "tiny", scratch=scratch).submissions
    assert ann.files == () and ann.problem == "tiny.py is damaged: it can't be unpacked"


DEFECTS = {
    "link": RawZip([HOSTILE["link"][0]]).build(),
    "encrypted": RawZip([HOSTILE["encrypted"][0]]).build(),
    "method": RawZip([HOSTILE["bzip2"][0]]).build(),
    "lying": RawZip([HOSTILE["says too little"][0]]).build(),
    "checksum": RawZip([HOSTILE["checksum"][0]]).build(),
    "names": RawZip([HOSTILE["two names"][0]]).build(),
    "traversal": RawZip([RawEntry(b"../../tiny.py")]).build(),
    "cut": zip_of({"tiny.py": GOOD})[:-5],
    "bomb": RawZip([RawEntry(b"tiny.py", stream=bomb(32 * MIB), size=32 * MIB)]).build(),
    "many": RawZip([RawEntry(b"%d.py" % number, b"") for number in range(3000)]).build(),
    "empty": zip_of({}),
    "two": zip_of({"a.py": GOOD, "b.py": GOOD}),
    "nested": zip_of({"x.zip": zip_of({"tiny.py": GOOD})}),
    "rar": b"Rar!\x1a\x07",
}


def test_a_class_of_200_with_every_defect_at_once(tmp_path, scratch):
    files: dict[str, bytes] = {}
    for number in range(200):
        name, late = f"student{chr(97 + number % 26)}{chr(97 + number // 26)}", number % 10 == 0
        if number < len(DEFECTS):
            defect = list(DEFECTS)[number]
            suffix = ".rar" if defect == "rar" else ".zip"
            files[canvas_name(name, number, 900 + number, f"{defect}{suffix}", late=late)] = DEFECTS[defect]
        elif number % 3 == 0:
            files[canvas_name(name, number, 900 + number, "work.zip", late=late)] = otter_zip("tiny.ipynb")
        else:
            files[canvas_name(name, number, 900 + number, "tiny-1.py", late=late)] = GOOD
    archive = tmp_path / "submissions.zip"
    archive.write_bytes(zip_of(files))
    intake = open_intake(archive, "tiny", scratch=scratch)
    assert intake.recognised.startswith("Canvas download: 200 students, ")
    bad = {item.identity: item.problem for item in intake.submissions if item.problem is not None}
    assert sorted(map(int, bad)) == list(range(len(DEFECTS)))
    good = [item for item in intake.submissions if item.problem is None]
    assert len(good) == 200 - len(DEFECTS)
    for item in good:
        assert item.files[0].name in ("tiny.py", "tiny.ipynb") and item.files[0].stat().st_size > 0
    assert sum(item.marked_late for item in intake.submissions) == 20
    assert len({item.slug for item in intake.submissions}) == 200
    assert all("\n" not in problem and len(problem) < 300 for problem in bad.values())


def test_a_folder_that_is_a_maze_is_not_walked_for_ever(tmp_path, scratch):
    folder = put(tmp_path / "class", {"ann/tiny.py": GOOD, "bob/tiny.py": GOOD})
    for number in range(2500):
        (folder / "ann" / f"d{number}").mkdir()
    deep = folder / "bob"
    for _ in range(30):
        deep = deep / "down"
        deep.mkdir()
    (deep / "up").symlink_to(folder)
    (folder / "bob" / "loop").symlink_to(folder)
    intake = open_intake(folder, "tiny", scratch=scratch)
    found = {item.student: item for item in intake.submissions}
    assert found["bob"].files == (Path(folder / "bob" / "tiny.py"),)
    assert "ann: more than 2000 files; the rest was not looked at" in intake.left_out
    assert "bob: loop: a link; links are not followed" in intake.left_out
