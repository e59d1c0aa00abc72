"""Exports of platforms, archives and rosters: recognised, mapped to students, and everything left out has its line."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import IntakeError
from autograder.intake import canvas, moodle, plain
from autograder.intake.gradescope import parse_time, wanted_of_yaml
from autograder.intake.items import Item
from autograder.intake.model import Intake, Submission
from autograder.intake.names import IGNORED, shown
from autograder.intake.roster import Person, Roster, read_roster
from autograder.intake.sources import open_intake
from tests.exports import (
    GOOD,
    NOTEBOOK,
    Graded,
    canvas_name,
    gradescope_export,
    moodle_name,
    otter_zip,
    put,
    zip_of,
)


@pytest.fixture
def opened(tmp_path):
    """Open an intake from files: as one archive, or as a folder."""

    def run(files: dict[str, bytes], *, how: str = "zip", name: str = "class.zip", **options) -> Intake:
        scratch, place = (Path(tempfile.mkdtemp(dir=tmp_path)) for _ in range(2))
        path = put(place, files) if how == "folder" else place / name
        if how == "zip":
            path.write_bytes(zip_of(files))
        return open_intake(path, "tiny", scratch=scratch, **options)

    return run


def by_name(intake: Intake) -> dict[str, Submission]:
    return {item.student: item for item in intake.submissions}


def contents(submission: Submission) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in submission.files}


CANVAS = {
    canvas_name("leeann", 11, 901, "tiny.py"): GOOD,
    canvas_name("raybob", 12, 902, "tiny-1.py", late=True): b"# again\n",
    canvas_name("raybob", 12, 903, "helper-2.py", late=True): b"# beside\n",
    canvas_name("díazcleo", 13, 904, "homework 3.ipynb"): NOTEBOOK,
    canvas_name("of_the_housedan", 14, 905, "hand in.zip"): zip_of({"hw/tiny.py": b"# packed\n", "hw/data.csv": b"1"}),
    canvas_name("fayeve", 15, 906, "part-1.py"): b"# 1\n",
    canvas_name("fayeve", 15, 907, "part-2.py"): b"# 2\n",
    "grayfinn_LATE_16_text.html": b"<p>def double(x)",
    canvas_name("hoodgus", 17, 908, "report.pdf"): b"%PDF",
    canvas_name("hoodgus", 17, 909, "tiny.py"): GOOD,
    "anon_k3JpW_910_tiny.py": GOOD,
}


@pytest.mark.parametrize("how", ["zip", "folder"])
def test_canvas(opened, how):
    intake = opened(CANVAS, how=how)
    assert intake.recognised == "Canvas download: 8 students, 11 files"
    found = by_name(intake)
    assert contents(found["leeann"]) == {"tiny.py": GOOD}
    assert (found["leeann"].identity, found["leeann"].attempt, found["leeann"].marked_late) == ("11", 1, False)
    bob = found["raybob"]
    assert list(contents(bob).items()) == [("tiny.py", b"# again\n"), ("helper.py", b"# beside\n")]
    assert (bob.identity, bob.attempt, bob.marked_late) == ("12", 2, True)
    assert contents(found["of_the_housedan"]) == {"tiny.py": b"# packed\n"}
    assert "graded homework 3.ipynb" in found["díazcleo"].note
    assert "two candidate files or more (part-1.py, part-2.py)" in found["fayeve"].problem
    assert "text typed into Canvas" in found["grayfinn"].problem and found["grayfinn"].marked_late
    assert found["hoodgus"].problem is None
    assert found["anon_k3JpW"].identity == "k3JpW"
    assert "hoodgus: not needed: report.pdf" in intake.left_out
    assert "of_the_housedan: not needed: hw/data.csv" in intake.left_out
    assert len(intake.left_out) == 2


def test_canvas_resubmissions_in_one_folder(opened):
    files = {
        canvas_name("leeann", 11, 901, "tiny.py"): b"# 1\n",
        canvas_name("leeann", 11, 902, "helper.py"): b"# h1\n",
        canvas_name("leeann", 11, 911, "tiny-1.py"): b"# 2\n",
        canvas_name("leeann", 11, 912, "helper-1.py"): b"# h2\n",
        canvas_name("raybob", 12, 905, "tiny.py"): GOOD,
    }
    latest = opened(files)
    assert contents(by_name(latest)["leeann"])["tiny.py"] == b"# 2\n"
    assert latest.left_out[0] == "leeann: attempt 1 of 2; the latest is graded"
    for policy in ("best", "all"):
        ann = [item for item in opened(files, attempts=policy).submissions if item.identity == "11"]
        assert [(item.student, item.slug, item.attempt) for item in ann] == [
            ("leeann", "leeann_attempt1", 1),
            ("leeann", "leeann_attempt2", 2),
        ]
        assert [contents(item)["tiny.py"] for item in ann] == [b"# 1\n", b"# 2\n"]


MOODLE_FILES = {
    ("Ann Lee", 4211, "file"): {"tiny.py": GOOD, "helper.py": b"# h\n"},
    ("Bob O'Ray", 4212, "file"): {"tiny.ipynb": NOTEBOOK},
    ("Cléo van der Díaz", 4213, "onlinetext"): {"onlinetext.html": b"<p>def double"},
    ("Dan Dent", 4214, "file"): {"my work.zip": zip_of({"tiny.py": b"# packed\n"})},
    ("Participant", 4215, "file"): {"tiny.py": b"# anonymous\n"},
}


@pytest.mark.parametrize("how", ["zip", "folder"])
@pytest.mark.parametrize("folders", [True, False])
def test_moodle(opened, how, folders):
    files = {
        moodle_name(name, number, file, folders=folders, kind=kind): data
        for (name, number, kind), group in MOODLE_FILES.items()
        for file, data in group.items()
    }
    files[moodle_name("Ann Lee", 4211, "onlinetext.html", folders=folders, kind="onlinetext")] = b"<p>See the file"
    files["grades.csv"] = b"x"
    intake = opened(files, how=how)
    assert intake.recognised == "Moodle download: 5 students, 5 files"
    found = by_name(intake)
    assert contents(found["Ann Lee"]) == {"tiny.py": GOOD, "helper.py": b"# h\n"}
    assert found["Ann Lee"].identity == "4211"
    assert contents(found["Bob O'Ray"]) == {"tiny.ipynb": NOTEBOOK}
    assert "text typed into Moodle" in found["Cléo van der Díaz"].problem
    assert contents(found["Dan Dent"]) == {"tiny.py": b"# packed\n"}
    assert contents(found["Participant 4215"]) == {"tiny.py": b"# anonymous\n"}
    assert set(intake.left_out) == {
        "grades.csv: not named as Moodle names what students hand in",
        "Ann Lee: text typed into Moodle; the file is graded",
    }


def test_moodle_without_the_last_underscore_and_within_a_folder(opened):
    files = {"CS101-hw1/Ann Lee_4211_assignsubmission_file/tiny.py": GOOD}
    assert contents(by_name(opened(files))["Ann Lee"]) == {"tiny.py": GOOD}


PAIR = [("Ann Lee", "00012", "ann@uni.example"), ("Bob: 'Ray'", "", "bob@uni.example")]
GRADESCOPE = gradescope_export(
    [
        Graded(901, PAIR, "2026-11-02 22:59:58.497423000 Z", {"tiny.py": GOOD}),
        Graded(
            902,
            [("Cleo Díaz", "00013", "cleo@uni.example")],
            "2026-11-02T18:00:00+02:00",
            {"tiny.py": b"# third\n", "notes.txt": b"-"},
            [(888, "2026-11-01 08:00:00 Z"), (777, "2026-10-31 08:00:00 Z")],
        ),
        Graded(903, [], "2026-11-03 01:00:00 -0800", {"tiny.py": GOOD}),
    ]
)


@pytest.mark.parametrize("how", ["zip", "folder"])
def test_gradescope(opened, how):
    extra = {"assignment_4711_export/submission_999/tiny.py": GOOD}
    intake = opened({**GRADESCOPE, **extra}, how=how)
    assert intake.recognised == "Gradescope export: 4 students, 5 files"
    found = by_name(intake)
    assert contents(found["Ann Lee"]) == contents(found["Bob: 'Ray'"]) == {"tiny.py": GOOD}
    assert (found["Ann Lee"].identity, found["Bob: 'Ray'"].identity) == ("00012", "bob@uni.example")
    assert found["Ann Lee"].submitted == datetime(2026, 11, 2, 22, 59, 58, 497423, UTC)
    cleo = found["Cleo Díaz"]
    assert (cleo.attempt, cleo.submitted) == (3, datetime(2026, 11, 2, 16, tzinfo=UTC))
    assert found["submission_903"].submitted == datetime(2026, 11, 3, 9, tzinfo=UTC)
    assert set(intake.left_out) == {
        "submission_999: not in submission_metadata.yml",
        "Cleo Díaz: not needed: notes.txt",
    }


def test_gradescope_attempts(opened):
    old = {"assignment_4711_export/submission_777/tiny.py": b"# first\n"}
    best = [item for item in opened({**GRADESCOPE, **old}, attempts="best").submissions if item.identity == "00013"]
    assert [(item.attempt, contents(item)["tiny.py"]) for item in best] == [(1, b"# first\n"), (3, b"# third\n")]
    latest = opened({**GRADESCOPE, **old})
    assert by_name(latest)["Cleo Díaz"].attempt == 3
    assert "Cleo Díaz: attempt 1 of 3; the latest is graded" in latest.left_out


def test_gradescope_with_a_folder_missing_or_metadata_that_are_none(opened):
    files = {name: data for name, data in GRADESCOPE.items() if "submission_902" not in name}
    assert by_name(opened(files))["Cleo Díaz"].problem == "the export holds no folder submission_902"
    with pytest.raises(IntakeError, match=r"submission_metadata\.yml: reading it found that it is no YAML"):
        opened({"submission_metadata.yml": b"a: [", "submission_1/tiny.py": GOOD})
    for text in (b"a: [", b"\xff\xfe\x00", b"just text", b"", b"*unknown"):
        with pytest.raises(IntakeError, match="found"):
            wanted_of_yaml(None, io.BytesIO(text))
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nsubmission_1:\n  :submitters: *b\n"
    assert "submission_1" in by_name(opened({"submission_metadata.yml": bomb, "submission_1/tiny.py": GOOD}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-03-29 01:30:00.5 +0100", datetime(2026, 3, 29, 1, 30, 0, 500000, timezone(timedelta(hours=1)))),
        ("2026-03-29T01:30:00-03", datetime(2026, 3, 29, 1, 30, tzinfo=timezone(-timedelta(hours=3)))),
        ("2026-03-29 01:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-13-29 01:30:00 Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_as_ruby_writes_them(text, said):
    assert parse_time(text) == said


def test_gradescope_with_objects_of_ruby(opened):
    text = """--- !ruby/hash:ActiveSupport::HashWithIndifferentAccess
submission_1: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
  :submitters: &people
  - !ruby/object:Hash
    :name: Ann Lee
    :sid: "007"
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: &1 2026-11-02 22:59:58.497423000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: America/Los_Angeles
    time: 2026-11-02 14:59:58.497423000 Z
  :results: {stdout: *1}
"""
    (ann,) = opened({"submission_metadata.yml": text.encode(), "submission_1/tiny.py": GOOD}).submissions
    assert (ann.student, ann.identity) == ("Ann Lee", "007")
    assert ann.submitted == datetime(2026, 11, 2, 22, 59, 58, 497423, UTC)


PARTS = st.sampled_from(
    "leeann _ 11 LATE 902 tiny.py a -1 .py .zip Ann\xa0Lee assignsubmission file onlinetext text.html anon_k3JpW "
    ".ipynb é \u202e __MACOSX submission_".split(" ")
)
TOP = st.lists(PARTS, min_size=1, max_size=7).map("".join)


@given(st.lists(st.lists(TOP, min_size=1, max_size=3).map(tuple), min_size=1, max_size=8, unique=True))
@settings(max_examples=300, deadline=None)
def test_nothing_disappears(paths):
    items = [Item(path, 5, Path("class.zip"), index) for index, path in enumerate(paths)]
    ours = {item.index for item in items if not IGNORED.fullmatch(item.path[0])}
    for layout in (canvas.recognise(items, "tiny"), moodle.recognise(items, "tiny"), plain.recognise(items)):
        if layout is None:
            continue
        handed = {item.index for each in layout.handed for item in each.items}
        typed = {each.student for each in layout.handed if each.problem}
        named = [line.partition(":")[0] for line in layout.left_out]
        for index in ours - handed:
            first = shown(items[index].path[0])
            assert any(first == name or first.startswith((name, *typed)) for name in named or [""])


def test_otter_archives_one_a_student(opened):
    files = {"ann.zip": otter_zip("tiny.ipynb"), "bob.zip": otter_zip("lab01.ipynb"), "cat.zip": b"no archive"}
    intake = opened(files, how="folder")
    assert intake.recognised == "3 archives, one a student (2 of them Otter's)"
    found = by_name(intake)
    assert contents(found["ann"]) == {"tiny.ipynb": NOTEBOOK}
    assert "graded lab01.ipynb" in found["bob"].note
    assert "cat.zip is no zip archive, or cut off" in found["cat"].problem
    canvas = opened({canvas_name("leeann", 1, 2, "tiny_2026_11_02T10_15_00_123456.zip"): files["ann.zip"]})
    assert contents(by_name(canvas)["leeann"]) == {"tiny.ipynb": NOTEBOOK}
    assert canvas.left_out == ()


def test_plain_archives(opened):
    assert list(by_name(opened({"ann/tiny.py": GOOD, "bob/hw/tiny.py": GOOD, "cat.py": GOOD}))) == ["ann", "bob", "cat"]
    assert list(by_name(opened({"class/ann/tiny.py": GOOD, "class/bob.py": GOOD}))) == ["ann", "bob"]
    assert list(by_name(opened({"class/ann.py": GOOD, "class/bob.py": GOOD}))) == ["ann", "bob"]
    one = opened({"tiny.py": GOOD, "helper.py": b"# h\n"}, name="Ann Lee.zip")
    assert one.recognised == "one archive"
    assert contents(by_name(one)["Ann Lee"]) == {"tiny.py": GOOD, "helper.py": b"# h\n"}
    assert list(by_name(opened({"ann/a.py": GOOD, "ann/sub/b.py": GOOD}, how="folder"))) == ["ann"]


def test_a_folder_with_nothing_but_the_download_in_it(opened, tmp_path):
    intake = opened({"submissions.zip": zip_of(CANVAS)}, how="folder")
    assert intake.recognised.startswith("Canvas download: 8 students")


def test_what_is_no_archive_is_said_in_a_line(tmp_path):
    (tmp_path / "class.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "class.tar.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "empty.zip").write_bytes(zip_of({}))
    for name, said in (
        ("class.zip", "it is no zip archive, or cut off"),
        ("class.tar.gz", "or a folder or .zip archive of them"),
        ("empty.zip", "no submissions in it"),
        ("missing.zip", "no such file"),
    ):
        with pytest.raises(IntakeError, match=said):
            open_intake(tmp_path / name, "tiny", scratch=tmp_path)


ROSTER_ROWS = [
    ["Name", "ID", "E-Mail"],
    ["Lee, Ann", "00012", "ann@uni.example"],
    ["Cléo Díaz", "00013", "c.diaz@uni.example"],
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_in_any_encoding_and_order(tmp_path, encoding, delimiter):
    path = tmp_path / "roster.csv"
    for order in ([0, 1, 2], [2, 0, 1]):
        lines = [delimiter.join(f'"{row[at]}"' for at in order) for row in ROSTER_ROWS]
        path.write_bytes("\r\n".join([*lines, "", ""]).encode(encoding))
        assert read_roster(path).people == (
            Person("Lee, Ann", "00012", "ann@uni.example", ("00012",)),
            Person("Cléo Díaz", "00013", "c.diaz@uni.example", ("00013",)),
        )


def test_a_roster_of_a_platform(tmp_path):
    path = tmp_path / "roster.csv"
    heads = "Student,ID,SIS User ID,SIS Login ID,Section,tiny (77)"
    path.write_text(f'{heads}\n    Points Possible,,,,,10\n"Lee, Ann",11,00012,alee,A,\n')
    roster = read_roster(path)
    assert roster.people == (Person("Lee, Ann", "11", "", ("11", "00012", "alee")),)
    for token in ("11", "00012", "ALEE", "leeann", "Ann Lee", "annlee"):
        assert roster.find([token]) is roster.people[0]
    path.write_text("sep=;\nVorname;Nachname;Matrikelnummer\nAnn;Lee;12\n")
    assert read_roster(path).people == (Person("Ann Lee", "12", "", ("12",)),)
    assert roster.find(["2", ""]) is None


def test_a_token_that_means_two_people_means_nobody():
    roster = Roster([Person("Ann Lee", "1", "ann@a.example", ("1",)), Person("Lee Ann", "2", "ann@b.example", ("2",))])
    assert roster.find(["leeann"]) is None
    assert roster.find(["ann"]) is None
    assert roster.find(["leeann", "2"]).id == "2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("colour,size\nred,1\n", "needs a heading name or id"),
        ("id,name\n1,Ann\n2,Bob\n1,Cat\n", "line 4: 1 is in line 2 already"),
        ('id,name\n1,"' + "x" * 140_000 + '"\n', "no CSV"),
    ],
)
def test_a_roster_that_is_none_is_said_in_a_line(tmp_path, text, said):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(IntakeError, match=said):
        read_roster(path)


def test_names_ids_and_who_is_missing_come_from_the_roster(opened):
    roster = Roster(
        [
            Person("Ann Lee", "00012", "ann@uni.example", ("00012", "11")),
            Person("Cléo Díaz", "00013", "c@uni.example", ("00013",)),
            Person("Zed Zee", "00099", "", ("00099",)),
        ]
    )
    intake = opened(CANVAS, roster=roster)
    found = by_name(intake)
    assert (found["Ann Lee"].identity, found["Ann Lee"].slug) == ("00012", "Ann_Lee")
    assert found["Cléo Díaz"].identity == "00013"
    assert found["raybob"].identity == "12"
    assert "on the roster, nothing handed in (1): Zed Zee" in intake.left_out
    assert any(line.startswith("not on the roster, graded all the same (6): anon_k3JpW, ") for line in intake.left_out)


def test_two_entries_of_one_student_without_an_order_are_both_refused(opened):
    roster = Roster([Person("Ann Lee", "00012", "", ("00012",)), Person("Bob Ray", "2", "", ("2",))])
    intake = opened({"annlee.py": GOOD, "00012/tiny.py": b"# other\n", "bob ray.py": GOOD}, roster=roster)
    ann = [item for item in intake.submissions if item.identity == "00012"]
    assert len({item.slug for item in ann}) == len(ann) == 2
    assert all("nothing says which is the latest" in item.problem for item in ann)
    assert by_name(intake)["Bob Ray"].problem is None
