"""What other systems read of a run: each file is read back by a parser that is not ours."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.cli import main
from autograder.core.assignment import Assignment
from autograder.core.decimals import plain_decimal
from autograder.course.final import Final
from autograder.course.tables import delimiter_of
from autograder.errors import GradebookError
from autograder.gradebook import store
from autograder.gradebook.exports.canvas import Filled, fill_in, new_file
from autograder.gradebook.exports.cells import Grid
from autograder.gradebook.exports.feedback import Original, original_of, write_feedback
from autograder.gradebook.exports.gradescope import write_results
from autograder.gradebook.exports.junit import write_junit
from autograder.gradebook.exports.marks import Marks
from autograder.gradebook.exports.table import scores_table
from autograder.gradebook.model import COMPLETE, INTERRUPTED, Entry, QuestionPoints, Run, Summary
from autograder.grading import batch, results
from tests.conftest import ROOT
from tests.exports import Graded, canvas_name, gradescope_export, zip_of
from tests.test_gradescope import SCHEMA as GRADESCOPE_SCHEMA
from tests.test_results import FakeEngine

COURSE = ROOT / "tests" / "course"
STARTED = datetime(2026, 11, 2, 12, tzinfo=UTC)
RUN = Run(
    1, "tiny", "1.0", COMPLETE, STARTED, STARTED, 3, 3, 0, 0, (), seed=7, device="cpu", data="", isolation="none",
    jobs=1, engine="0.1.0",
)  # fmt: skip
HOSTILE = "</failure>]]>&amp;\x1b[31m\x00\ud800\ufffe \N{RIGHT-TO-LEFT OVERRIDE}<script>"


def summary(student: str = "Jane Doe", score: str | None = "8.5", **changes: Any) -> Summary:
    values = {
        "slug": student.replace(" ", "_"), "student": student, "identity": "", "attempt": 1, "submitted": None,
        "marked_late": False, "status": "graded" if score else "error", "problem": None,
        "score": None if score is None else Decimal(score), "maximum": Decimal(10),
        "questions": (
            QuestionPoints("double", "Doubling", Decimal(score or 0), Decimal(6)),
            QuestionPoints("halve", "Halving", Decimal(0), Decimal(4)),
        ),
        "reused": False,
    }  # fmt: skip
    return Summary(**{**values, **changes})


def counting(student: str = "Jane Doe", score: str | None = "8.5", **changes: Any) -> Final:
    """A final score with nothing taken off."""
    graded = summary(student, score, **changes)
    return Final(graded, 0, Decimal(0), graded.score, "" if score else "no score: the grader broke")


def record(of: Summary, **changes: Any) -> dict[str, Any]:
    """The record behind a summary: its public test failed, its hidden one passed."""

    def entry(name: str, verdict: str, **more: object) -> dict[str, Any]:
        common = {"name": name, "title": "Doubles.", "question": "double", "points": "3", "hidden": False}
        return {**common, "verdict": verdict, "message": "", "cause": None, "output": "", "measured": {}, **more}

    made = {
        "version": results.VERSION, "student": of.student, "assignment": "tiny", "release": "1.0", "status": of.status,
        "score": None if of.score is None else plain_decimal(of.score), "maximum": "10", "problem": of.problem,
        "notes": [], "seed": 7, "device": "cpu", "data": "", "isolation": "none", "fingerprint": "f",
        "questions": [
            {"name": item.name, "title": item.title, "score": plain_decimal(item.score), "maximum": "6"}
            for item in of.questions
        ],
        "tests": [
            entry("test_double", "failed", message="expected 4\n  got 5", output="hello"),
            entry("test_secret", "passed", hidden=True),
            entry("test_late", "error", message="took too long"),
        ] if of.status == "graded" else [],
        **changes,
    }  # fmt: skip
    jsonschema.validate(made, results.SCHEMA)
    return made


@dataclass
class FakeBook:
    """A gradebook of one run, as its reading interface has it."""

    entries_: Sequence[Entry]
    run_: Run = RUN

    def __enter__(self) -> FakeBook:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, number: int | None = None) -> Run:
        assert number in (None, self.run_.number)
        return self.run_

    def summaries(self, run: int) -> Iterator[Summary]:
        return (entry.summary for entry in self.entries(run))

    def entries(self, run: int) -> Iterator[Entry]:
        assert run == self.run_.number
        return iter(self.entries_)


def book_of(*summaries: Summary) -> FakeBook:
    return FakeBook([Entry(item, record(item), {"total": 1.25}, "") for item in summaries])


def marks_of(assignment: Assignment, *finals: Final) -> Marks:
    return Marks(book_of(*(final.summary for final in finals)), RUN, assignment, finals)


# CSV


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_says_what_counts_and_why():
    late = Final(summary("Ann", "8.50", identity="007", attempt=2, submitted=STARTED), 2, Decimal("1E+0"),
                 Decimal("7.50"), "2 days late")  # fmt: skip
    ann, ben = rows_of(scores_table([late, counting("Ben", None)]))
    assert ann == {
        "student": "Ann", "identity": "007", "attempt": "2", "submitted": "2026-11-02 12:00:00+00:00", "days late": "2",
        "score": "8.5", "deduction": "1", "final": "7.5", "maximum": "10", "question double": "8.5",
        "question halve": "0", "status": "graded", "note": "2 days late",
    }  # fmt: skip
    assert (ben["score"], ben["final"], ben["question double"], ben["status"]) == ("", "", "", "error")
    assert '"007"' in scores_table([late])  # a text: no spreadsheet should take it for a number
    assert ",8.5,1,7.5,10," in scores_table([late])


@pytest.mark.parametrize("name", ["=1+1", "+49", "-Ann", "@SUM(A1)", "\tx", " =1", "＝1"])
def test_no_text_of_a_student_is_a_formula(name):
    (row,) = rows_of(scores_table([counting(name, identity=name)]))
    assert row["student"] == row["identity"] == f"'{name}"


def test_questions_that_only_some_have_get_a_column_each():
    other = counting("Ben", questions=(QuestionPoints("score", "Odd", Decimal(1), Decimal(1)),))
    ann, ben = rows_of(scores_table([counting("Ann"), other]))
    assert (ann["question double"], ann["question score"], ben["question score"]) == ("8.5", "", "1")
    assert ben["score"] == "8.5"


# Cells


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(st.text(st.sampled_from('a",;\r\n\t é='), max_size=6), min_size=1, max_size=4), max_size=5),
    delimiter=st.sampled_from(",;\t"),
    # With "\n" at the ends Python's writer leaves a lone "\r" unquoted, which no reader tells from another end.
    style=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_ALL, "\n")]),
    cut=st.booleans(),
)
def test_a_file_is_taken_apart_and_put_together_as_it_was(rows, delimiter, style, cut):
    quoting, end = style
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    text = stream.getvalue()
    text = text.removesuffix(end) if cut and rows else text
    grid = Grid.of(text, delimiter)
    assert grid.text() == text
    assert [row.texts() for row in grid.rows] == list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    for number, cells in enumerate(rows):
        grid.replace(number, len(cells), 'new"' + delimiter)
    again = list(csv.reader(io.StringIO(grid.text(), newline=""), delimiter=delimiter))
    assert again == [[*cells, 'new"' + delimiter] for cells in rows]


@pytest.mark.parametrize("text", ['a,"b\nc,d\n', 'a,"b"c\n', '"'])
def test_a_quote_in_the_wrong_place_is_refused(text):
    with pytest.raises(ValueError, match="row 1: a quote"):
        Grid.of(text, ",")


# Canvas

EXPORT = (
    "Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Notes,"
    "Tiny (4711),Huge (4712),Total (4713),Current Score\r\n"
    ",,,,,,,Manual Posting,,,\r\n"
    "    Points Possible,,,,,,,10.00,100.00,(read only),(read only)\r\n"
    '"Doe, Jane",90071992547409931,0042,jdoe,x1,"A, and B",=1+1,,5.00,7,7.00\r\n'
    '"Ørsted, Åse ""Ace""",12,0043,ASE@example.org,,A,,3.00,,7,\r\n'
    '"-Lee, Sam",13,42,slee,,A,"two\r\nlines",EX,EX,7,1\r\n'
    "Kim,14,0044,kim,,A,,9.00,,7,1\r\n"
    '"Student, Test",99,,f00d,,A,,,,7,1\r\n'
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(EXPORT.encode())
    return path


def cells(data: bytes) -> list[list[str]]:
    text = data.decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def filled(path: Path, assignment: Assignment, *finals: Final, **options: Any) -> Filled:
    return fill_in(path, assignment, finals, **options)


def test_one_column_is_filled_in_and_nothing_else_changes(export, tiny):
    finals = [
        counting("doejane", "8.5", identity="90071992547409931"),
        counting("Åse", "7.125", identity="ase@EXAMPLE.org"),
        counting("leesam", "4", identity="42"),  # its SIS id; 0042 is somebody else's
    ]
    done = filled(export, tiny, *finals)
    before, after = cells(EXPORT.encode()), cells(done.data)
    assert [len(row) for row in before] == [len(row) for row in after]
    changed = [
        (number, column, new[column])
        for number, (old, new) in enumerate(zip(before, after, strict=True))
        for column in range(len(old))
        if old[column] != new[column]
    ]
    assert changed == [(3, 7, "8.50"), (4, 7, "7.125")]
    assert done.data.decode() == EXPORT.replace("=1+1,,5.00", "=1+1,8.50,5.00").replace("A,,3.00", "A,,7.125")
    assert (done.column, done.count) == ("Tiny (4711)", 2)
    assert list(done.lines) == [
        "1 other score is replaced",
        "1 student is excused (EX) and stays so",
        "2 students have no score here: their cells stay",
    ]


def test_the_same_scores_again_are_the_same_bytes(export, tiny):
    once = filled(export, tiny, counting("Kim", "9"), counting("Jane Doe", "10"))
    assert b"kim,,A,,9.00," in once.data
    export.write_bytes(once.data)
    again = filled(export, tiny, counting("Kim", "9"), counting("Jane Doe", "10"))
    assert again.data == once.data
    assert not any("replaced" in line for line in again.lines)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("cp1252"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\r\n", "\n").removesuffix("\n").encode(),
    ],
    ids=["BOM", "cp1252", "UTF-16", "no last line end"],
)
def test_encoding_and_line_ends_stay(export, tiny, encode):
    export.write_bytes(encode(EXPORT))
    done = filled(export, tiny, counting("Kim", "1"))
    assert done.data == encode(EXPORT.replace("kim,,A,,9.00,", "kim,,A,,1.00,"))


def test_semicolons_and_decimal_commas_stay(export, tiny):
    text = EXPORT.replace(",", ";").replace(".00", ",00")
    export.write_text(text, newline="")
    done = filled(export, tiny, counting("Kim", "8.25"))
    assert done.data.decode() == text.replace("kim;;A;;9,00;", "kim;;A;;8,25;")
    assert not any("points possible" in line for line in done.lines)


@pytest.mark.parametrize("name", ["Jane Doe", "Doe, Jane", "JANE  DOE", "doe jane"])
def test_a_name_tells_where_there_is_no_id(export, tiny, name):
    assert b",=1+1,8.50,5.00," in filled(export, tiny, counting(name)).data


def test_whoever_can_not_be_told_for_sure_is_left_out_with_a_line(export, tiny):
    export.write_text(EXPORT + '"Doe, Jane",15,13,jd2,,A,,,,7,1\r\n', newline="")
    done = filled(
        export, tiny, counting("Jane Doe"), counting("Zoe"), counting("Sam", identity="13"), counting("Ann", None),
        counting("Kim", "2", slug="k1"), counting("kim", "3", slug="k2"),
    )  # fmt: skip
    assert done.data == export.read_bytes()
    assert done.count == 0
    assert set(done.lines) >= {
        "Jane Doe: left out, since several students in Canvas' file fit",
        "Zoe: not in Canvas' file",
        "Sam: left out, since several students in Canvas' file fit",  # one's ID is the other's SIS ID
        "Ann: no score: the grader broke",
        "Kim, kim: left out, since they are one student in Canvas' file",
    }


def test_an_id_outranks_a_name(export, tiny):
    done = filled(export, tiny, counting("Kim", "1", slug="k1"), counting("Jane Doe", "2", identity="0044"))
    assert b"kim,,A,,2.00," in done.data
    assert b",=1+1,,5.00," in done.data
    assert "Kim: not in Canvas' file" in done.lines


def test_an_id_of_another_kind_is_told_by_the_name_and_can_be_ruled_out(export, tiny):
    zoe = counting("Zoe Quinn", "1", identity="14")  # with the university 14 is hers, with Canvas it is Kim's
    done = filled(export, tiny, zoe)
    assert "Zoe Quinn: by its id this is 'Kim' in Canvas' file; if not, say --ids" in done.lines
    done = filled(export, tiny, zoe, ids="sis")
    assert done.data == export.read_bytes()
    assert "Zoe Quinn: not in Canvas' file" in done.lines


def test_a_student_in_two_sections_has_the_score_in_both_rows(export, tiny):
    export.write_text(EXPORT + "Kim,14,0044,kim,,B,,,,7,1\r\n", newline="")
    done = filled(export, tiny, counting("Kim", "1"))
    assert [row[7] for row in cells(done.data) if row[0] == "Kim"] == ["1.00", "1.00"]


def test_another_scale_in_canvas_is_told(export, tiny):
    done = filled(export, tiny, counting("Kim", "1"), column="Huge")
    assert "Huge (4712) has 100.00 points possible in Canvas, here 10: scores are not scaled" in done.lines


@pytest.mark.parametrize("column", ["4712", "Huge", "huge (4712)"])
def test_a_column_is_chosen_by_number_title_or_header(export, tiny, column):
    assert filled(export, tiny, counting("Kim", "1"), column=column).column == "Huge (4712)"


@pytest.mark.parametrize(
    ("old", "new", "column", "said"),
    [
        (
            "Tiny (4711)",
            "Small (4711)",
            None,
            "no assignment's column with the title 'Tiny'; there are: 'Small (4711)',",
        ),
        ("Huge (4712)", "tiny (4712)", None, "several columns with the title 'Tiny': 'Tiny (4711)', 'tiny (4712)';"),
        ("Tiny (4711)", "Tiny", None, "no assignment's column"),  # without a number Canvas would make a new one
        ("", "", "Section", "no assignment's column named 'Section'"),
        ("", "", "Current Score", "no assignment's column named 'Current Score'"),
        ("", "", "Total", "Canvas has column 'Total (4713)' as read only"),
        ("Student,ID", "Name,ID", None, "no export of Canvas' gradebook: its first line lacks"),
        (",Section", ",Group", None, "no export of Canvas' gradebook"),
        ('lines"', "lines", None, "no CSV file: row 6: a quote"),
    ],
)
def test_no_column_by_accident(export, tiny, old, new, column, said):
    export.write_text(EXPORT.replace(old, new, 1) if old else EXPORT, newline="")
    with pytest.raises(GradebookError) as caught:
        filled(export, tiny, counting("Kim", "1"), column=column)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_export_with_first_and_last_names(export, tiny):
    text = EXPORT.replace("Student,ID", "LastName,FirstName,ID", 1).replace("Kim,14", "Kim,Ji-woo,14")
    text = "\r\n".join(line for line in text.split("\r\n") if line.startswith(("LastName", "Kim")))
    export.write_text(text, newline="")
    assert b"kim,,A,,1.00," in filled(export, tiny, counting("Ji-woo Kim", "1")).data


@pytest.mark.parametrize("text", ["", "\r\n", "a"])
def test_an_empty_file_is_no_export(export, tiny, text):
    export.write_text(text)
    with pytest.raises(GradebookError, match="no export of Canvas"):
        filled(export, tiny)


def test_a_new_file_has_the_header_that_canvas_documents(tiny):
    finals = [
        counting("=Ann, Lee", "8.50", identity="0042"),
        counting("Ben", None, identity="3"),
        counting("Zoe", "1"),
        counting("Eve", "1", identity="=1+1"),
    ]
    done = new_file(tiny, finals, "Tiny (4711)", "sis")
    assert cells(done.data) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny (4711)"],
        ["    Points Possible", "", "", "", "", "10"],
        ["'=Ann, Lee", "", "0042", "", "", "8.5"],
    ]
    assert done.count == 1
    assert [line.partition(":")[0] for line in done.lines] == ["Ben", "Zoe", "Eve"]
    with pytest.raises(GradebookError, match="Canvas would make a new column of it"):
        new_file(tiny, finals, "Tiny", "sis")


def test_delimiters_are_told_from_the_first_line():
    assert delimiter_of('"a;b;c;d",e,f\n;;;;;;') == ","
    assert delimiter_of("a;b,c;d") == ";"
    assert delimiter_of("a\tb") == "\t"
    assert delimiter_of("a") == ","


# Gradescope


def test_gradescope_gets_the_score_that_counts(tmp_path, tiny):
    late = Final(summary("Ann", "8.5", attempt=2), 2, Decimal("1.7"), Decimal("6.8"), "2 days late: 20 % taken off")
    broke = counting("Ben", None)
    zoe = replace(counting("Zoe"), note="when it came is not known")
    assert write_results(marks_of(tiny, late, broke, zoe), tmp_path / "out") == 3
    ann, ben, zoe = (
        json.loads((tmp_path / "out" / name / "results.json").read_text()) for name in ("Ann", "Ben", "Zoe")
    )
    assert (zoe["score"], zoe["output"]) == (8.5, "")
    for made in (ann, ben):
        jsonschema.validate(
            made, {key: rule for key, rule in GRADESCOPE_SCHEMA.items() if made is ann or key != "anyOf"}
        )
    assert ann["score"] == 6.8
    assert ann["output"].endswith("2 days late: 20 % taken off")
    assert (ann["extra_data"]["late_days"], ann["extra_data"]["attempt"]) == (2, 2)
    assert "test_secret" not in json.dumps(ann)
    assert "score" not in ben


def test_results_of_others_are_not_left_among_these(tmp_path, tiny):
    for _ in range(2):
        assert write_results(marks_of(tiny, counting("Ann"), counting("Ben")), tmp_path / "out") == 2
    with pytest.raises(GradebookError, match="results of others than this run's"):
        write_results(marks_of(tiny, counting("Ann")), tmp_path / "out")


# JUnit: elements, their attributes and children as junit-10.xsd of Jenkins' xUnit plugin has them.

SUITE = set("name tests failures errors group time skipped timestamp hostname id package file log url version".split())
ATTRIBUTES = {  # required, all
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, SUITE),
    "properties": (set(), set()),
    "property": ({"name", "value"}, {"name", "value"}),
    "testcase": ({"name"}, {"name", "time", "classname", "group"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}


def validate_junit(element: ElementTree.Element) -> None:
    required, known = ATTRIBUTES[element.tag]
    assert required <= set(element.attrib) <= known, element.tag
    for child in element:
        assert child.tag in CHILDREN.get(element.tag, set()), (element.tag, child.tag)
        validate_junit(child)
    if element.tag == "testsuite":
        cases = element.findall("testcase")
        counts = [len(cases), *(sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error"))]
        assert [int(element.attrib[name]) for name in ("tests", "failures", "errors")] == counts


def junit_of(tmp_path: Path, marks: Marks) -> ElementTree.Element:
    write_junit(marks, tmp_path / "junit.xml")
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    validate_junit(root)
    return root


def test_junit_has_a_suite_a_student(tmp_path, tiny):
    nothing = counting("Zoe", "0", status="no usable file", problem="no file to grade")
    root = junit_of(tmp_path, marks_of(tiny, counting("Ann"), counting("Ben", None, problem="judge died"), nothing))
    ann, ben, zoe = root
    assert [suite.get("name") for suite in root] == ["Ann", "Ben", "Zoe"]
    assert (ann.get("tests"), ann.get("failures"), ann.get("errors"), ann.get("time")) == ("3", "1", "1", "1.250")
    assert ann.get("timestamp") == "2026-11-02T12:00:00"
    assert {item.get("name"): item.get("value") for item in ann.iter("property")} == {
        "status": "graded", "score": "8.5", "final": "8.5", "maximum": "10",
    }  # fmt: skip
    failed = ann.find("testcase[@name='test_double']")
    assert failed.get("classname") == "tiny.double"
    assert failed.find("failure").get("message") == "expected 4"
    assert failed.find("failure").text == "expected 4\n  got 5"
    assert failed.find("system-out").text == "hello"
    assert ben.find("testcase/error").text == "judge died"
    assert zoe.find("testcase/failure").text == "no file to grade"


def test_nothing_that_a_student_writes_breaks_the_xml(tmp_path, tiny):
    final = counting(HOSTILE, slug="x")
    marks = marks_of(tiny, final)
    (entry,) = marks.book.entries_
    hostile = [{**test, "message": HOSTILE, "output": HOSTILE, "verdict": "failed"} for test in entry.record["tests"]]
    marks.book.entries_ = [replace(entry, record={**entry.record, "tests": hostile})]
    (suite,) = junit_of(tmp_path, marks)
    said = {suite.get("name"), *(element.text for kind in ("failure", "system-out") for element in suite.iter(kind))}
    (text,) = said
    assert "</failure>]]>&amp;\ufffd[31m\ufffd\ufffd\ufffd" in text
    assert "<script>" in text


# Feedback


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("doejane_12345_67890_tiny.py", ("doejane", "12345", "doejane_12345_67890")),
        ("doejane_LATE_12345_67890_my_file_2.py", ("doejane", "12345", "doejane_LATE_12345_67890")),
        ("folder/doejane_12345_67890_tiny-2.ipynb", ("doejane", "12345", "doejane_12345_67890")),
        ("o_neil_12345_67890_tiny.py", ("o_neil", "12345", "o_neil_12345_67890")),
        ("doe_1_2_3_4_tiny.py", ("doe", "1", "doe_1_2")),
        ("anon_k3JpW_67890_tiny.py", ("anon_k3JpW", "k3JpW", "anon_k3JpW_67890")),
        ("anon_k3JpW_LATE_67890_tiny.py", ("anon_k3JpW", "k3JpW", "anon_k3JpW_LATE_67890")),
        ("doejane_12345_text.html", None),
        ("doejane_12345_67890_link.html", None),
        ("._doejane_12345_67890_tiny.py", None),
        ("tiny.py", None),
        ("doejane_12345_67890", None),
        ("doejane_²_３_tiny.py", None),
        ("", None),
    ],
)
def test_canvas_names_are_read_as_canvas_reads_them(name, read):
    assert original_of(name) == (None if read is None else Original(*read))


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def page(entry: Entry, final: Final) -> str:
    return f"{entry.summary.student} {final.score}"


def download(folder: Path, *names: str) -> Path:
    """What Canvas lets staff download."""
    with zipfile.ZipFile(folder / "download.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return folder / "download.zip"


def test_feedback_bears_the_names_that_canvas_gave(tmp_path, tiny):
    originals = download(tmp_path, "leeann_LATE_17_99_tiny-1.py", "leeann_LATE_17_98_notes.py", "quinnzoe_4_5_tiny.py")
    ann = Final(summary("leeann", "8.5", identity="17"), 2, Decimal("1.7"), Decimal("6.8"), "2 days late")
    marks = marks_of(tiny, ann, counting("Ben", identity="18"))
    for out in ("a.zip", "b.zip"):
        assert write_feedback(marks, tmp_path / out, page=page, originals=originals) == (2, 1)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    known = "leeann_LATE_17_98_feedback"
    assert names_in(tmp_path / "a.zip") == [f"{known}.md", f"{known}.html", "Ben.md", "Ben.html"]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        text = archive.read(f"{known}.md").decode()
        assert archive.read(f"{known}.html") == b"leeann 6.8"
    assert "**8.5 of 10 points**" in text
    assert "**6.8 points count**: 2 days late." in text
    assert "test_secret" not in text


@pytest.mark.parametrize(
    ("names", "students", "expected"),
    [
        # A roster's ids are not Canvas' numbers: the name tells, and 14 is not Kim's.
        (["kimjiwoo_14_5_tiny.py", "quinnzoe_9_6_tiny.py"], [("Ji-woo Kim", "3"), ("Zoe Quinn", "14")],
         ["kimjiwoo_14_5_feedback.md", "quinnzoe_9_6_feedback.md"]),
        (["kimjiwoo_14_5_tiny.py"], [("Zoe Quinn", "14")], ["Zoe_Quinn.md"]),
        # Two of one name are told by their numbers, or not at all.
        (["leeann_1_5_tiny.py", "leeann_2_6_tiny.py"], [("Ann Lee", "2"), ("Lee, Ann", "1")],
         ["leeann_2_6_feedback.md", "leeann_1_5_feedback.md"]),
        (["leeann_1_5_tiny.py", "leeann_2_6_tiny.py"], [("Ann Lee", "x"), ("Lee, Ann", "y")],
         ["Ann_Lee.md", "Lee,_Ann.md"]),
        (["leeann_1_5_tiny.py", "leeann_2_6_tiny.py"], [("Ann Lee", "x")], ["Ann_Lee.md"]),
        (["anon_k3JpW_5_tiny.py"], [("anon_k3JpW", "k3JpW")], ["anon_k3JpW_5_feedback.md"]),
    ],
)  # fmt: skip
def test_nobody_gets_the_feedback_of_somebody_else(tmp_path, tiny, names, students, expected):
    marks = marks_of(tiny, *(counting(student, identity=identity) for student, identity in students))
    write_feedback(marks, tmp_path / "out.zip", page=None, originals=download(tmp_path, *names))
    assert names_in(tmp_path / "out.zip") == expected


def test_feedback_on_several_attempts_has_several_names(tmp_path, tiny):
    both = [counting("Ann", identity="17", slug=f"Ann-{attempt}", attempt=attempt) for attempt in (1, 2)]
    originals = download(tmp_path, "ann_17_98_tiny.py", "ann_17_99_tiny-1.py")
    write_feedback(marks_of(tiny, *both), tmp_path / "out.zip", page=None, originals=originals)
    assert names_in(tmp_path / "out.zip") == ["ann_17_98_feedback.md", "ann_17_98_feedback-2.md"]
    write_feedback(marks_of(tiny, *both), tmp_path / "out.zip", page=None, originals=None)
    assert names_in(tmp_path / "out.zip") == ["Ann-1.md", "Ann-2.md"]


def test_an_unpacked_download_will_do_and_what_is_none_is_one_line(tmp_path, tiny):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "ann_17_98_tiny.py").touch()
    marks = marks_of(tiny, counting("Ann", identity="17"))
    assert write_feedback(marks, tmp_path / "a.zip", page=None, originals=tmp_path / "folder") == (1, 1)
    (tmp_path / "text").write_text("no zip")
    for name in ("text", "nothing"):
        with pytest.raises(GradebookError, match="no zip of submissions"):
            write_feedback(marks, tmp_path / "b.zip", page=None, originals=tmp_path / name)
    assert not (tmp_path / "b.zip").exists()
    assert not list(tmp_path.glob(".writing-*"))


# The command


@pytest.fixture
def book(tmp_path, monkeypatch) -> FakeBook:
    """A gradebook in grades/tiny below the working folder."""
    made = book_of(summary("Ann", "8.5", identity="17"), summary("Ben", "4", identity="18"))
    (tmp_path / "grades" / "tiny").mkdir(parents=True)
    (tmp_path / "grades" / "tiny" / "gradebook.sqlite").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store.Gradebook, "open", lambda path: made)
    return made


def export_to(*arguments: str) -> int:
    return main(["export", *arguments, "--course", str(COURSE)])


@pytest.mark.parametrize("kind", ["csv", "gradescope", "junit", "feedback"])
def test_each_format_lands_beside_the_gradebook(book, kind, tmp_path, capsys):
    assert export_to(kind, "1") == 0
    name = {"csv": "final_scores.csv", "gradescope": "gradescope", "junit": "junit.xml", "feedback": "feedback.zip"}[
        kind
    ]
    assert (tmp_path / "grades" / "tiny" / name).exists()
    said = capsys.readouterr()
    assert said.out.startswith(f"grades/tiny/{name}: 2 ")
    assert said.err == ""
    assert export_to(kind, "--to", str(tmp_path / "new" / "place")) == 0
    assert (tmp_path / "new" / "place").exists()


def test_canvas_by_command(book, tmp_path, capsys):
    (tmp_path / "export.csv").write_text(EXPORT.replace("Kim,14", '"Lee, Ann",17'), newline="")
    assert export_to("canvas", "--canvas", "export.csv") == 0
    said = capsys.readouterr()
    assert said.out == "grades/tiny/canvas.csv: 1 score in column 'Tiny (4711)'\n"
    assert "Ben: not in Canvas' file" in said.err.splitlines()
    assert b"kim,,A,,8.50," in (tmp_path / "grades" / "tiny" / "canvas.csv").read_bytes()
    assert export_to("canvas", "--column", "Tiny (4711)", "--ids", "canvas") == 0
    assert cells((tmp_path / "grades" / "tiny" / "canvas.csv").read_bytes())[2][:2] == ["Ann", "17"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["canvas"], "give --canvas FILE, the gradebook that Canvas exported"),
        (["canvas", "--column", "Tiny (3)"], "and --ids"),
        (["canvas", "--canvas", "export.csv", "--attempts", "all"], "Canvas has one score a student"),
        (["canvas", "--canvas", "export.csv", "--to", "export.csv"], "is what Canvas exported"),
        (["canvas", "--canvas", "none.csv"], "none.csv: can't be read"),
        (["csv", "--canvas", "export.csv"], "--canvas is for `export canvas`, not for csv"),
        (["junit", "--originals", "x.zip"], "--originals is for `export feedback`, not for junit"),
        (["csv", "--out", "nowhere"], "no such gradebook"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(book, tmp_path, capsys, arguments, said):
    (tmp_path / "export.csv").write_text(EXPORT, newline="")
    assert export_to(*arguments) == 2
    text = capsys.readouterr().err
    assert said in text
    assert len(text.splitlines()) == 1
    assert (tmp_path / "export.csv").read_bytes() == EXPORT.encode()
    assert [path.name for path in (tmp_path / "grades" / "tiny").iterdir()] == ["gradebook.sqlite"]


def test_rules_of_the_course_apply_and_what_is_odd_is_said(book, tmp_path, capsys):
    folder = tmp_path / "course"
    (folder / "assignments").mkdir(parents=True)
    (folder / "assignments" / "tiny").symlink_to(COURSE / "assignments" / "tiny")
    (folder / "course.toml").write_text(
        'extensions = "more.csv"\nroster = "class.csv"\n'
        "[late]\nper_day = 10\n[assignments.tiny]\ndue = 2026-11-01T12:00:00\n"
    )
    (folder / "class.csv").write_text("name,id,email\nAnn,17,ann@x.org\nBen,18,ben@x.org\nEve,19,eve@x.org\n")
    (folder / "more.csv").write_text("student,assignment,days\nben@x.org,tiny,5\nZoe,tiny,1\nEve,tiny,1\n")
    book.run_ = replace(RUN, state=INTERRUPTED, submissions=5, done=2)
    book.entries_ = [replace(e, summary=replace(e.summary, submitted=STARTED)) for e in book.entries_]
    assert main(["export", "csv", "--course", str(folder)]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "run 1 is not complete: 2 of 5 have a result",
        f"{folder / 'more.csv'}:3: Zoe is nobody in this class",
    ]
    ann, ben = rows_of((tmp_path / "grades" / "tiny" / "final_scores.csv").read_text())
    assert (ann["days late"], ann["final"], ben["days late"], ben["final"]) == ("1", "7.5", "0", "4")


# From what a platform hands out to what it takes back, through intake and gradebook


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course whose engine lets every submission pass; the working folder is beside it."""
    monkeypatch.setattr(batch, "Engine", FakeEngine)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course" / "assignments").mkdir(parents=True)
    (tmp_path / "course" / "assignments" / "tiny").symlink_to(COURSE / "assignments" / "tiny")
    return tmp_path / "course"


def run_all(course: Path, submissions: str, *exports: Sequence[str]) -> None:
    assert main(["grade", submissions, "--assignment", "tiny", "--course", str(course)]) == 0
    for arguments in exports:
        assert main(["export", *arguments, "--course", str(course)]) == 0


def test_what_canvas_lets_download_comes_back_to_canvas(course, tmp_path):
    names = [
        canvas_name("doejane", 90071992547409931, 5001, "tiny.py", late=True),
        canvas_name("kim", 14, 5002, "tiny-1.py"),
    ]
    (tmp_path / "submissions.zip").write_bytes(zip_of(dict.fromkeys(names, b"x = 1\n")))
    (tmp_path / "export.csv").write_text(EXPORT.replace("10.00", "6.00"), newline="")
    run_all(
        course, "submissions.zip",
        ["canvas", "--canvas", "export.csv"], ["feedback", "--originals", "submissions.zip"], ["junit"], ["gradescope"],
    )  # fmt: skip
    out = tmp_path / "grades" / "tiny"
    scores = {row[1]: row[7] for row in cells((out / "canvas.csv").read_bytes())}
    assert (scores["90071992547409931"], scores["14"], scores["99"]) == ("6.00", "6.00", "")
    assert sorted(names_in(out / "feedback.zip")) == [
        "doejane_LATE_90071992547409931_5001_feedback.html",
        "doejane_LATE_90071992547409931_5001_feedback.md",
        "kim_14_5002_feedback.html",
        "kim_14_5002_feedback.md",
    ]
    validate_junit(ElementTree.parse(out / "junit.xml").getroot())
    assert sorted(path.name for path in (out / "gradescope").iterdir()) == ["doejane", "kim"]


def test_gradescopes_times_meet_the_due_date(course, tmp_path):
    people = {1: ("Ann Lee", "007", "ann@x.org"), 2: ("Ben Kim", "008", "ben@x.org"), 3: ("Cy Roe", "009", "cy@x.org")}
    handed = [
        Graded(number, [person], "2026-11-02 18:00:01.000000000 +01:00", {"tiny.py": b"x = 1\n"})
        for number, person in people.items()
    ]
    (tmp_path / "export.zip").write_bytes(zip_of(gradescope_export(handed)))
    (course / "class.csv").write_text("name,id,email\n" + "".join(f"{','.join(each)}\n" for each in people.values()))
    (course / "more.csv").write_text("student,assignment,due\nben@x.org,tiny,2026-11-02\nCy Roe,tiny,2026-11-01\n")
    (course / "course.toml").write_text(
        'timezone = "Europe/Berlin"\nroster = "class.csv"\nextensions = "more.csv"\n[late]\nper_day = 12.5\n'
        "[assignments.tiny]\ndue = 2026-11-02T18:00:00\n"
    )
    run_all(course, "export.zip", ["csv"])
    rows = rows_of((tmp_path / "grades" / "tiny" / "final_scores.csv").read_text())
    assert [(row["student"], row["identity"], row["days late"], row["final"]) for row in rows] == [
        ("Ann Lee", "007", "1", "5.25"),
        ("Ben Kim", "008", "0", "6"),
        ("Cy Roe", "009", "1", "5.25"),
    ]
