"""What the pages of a run say, and what they must not: statistics, clusters, figures, hidden tests, hostile text."""

from __future__ import annotations

import dataclasses
import html
import json
import random
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.cli import main
from autograder.core.assignment import Assignment, ReportRules, load_assignment
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome
from autograder.core.text import plain_text
from autograder.errors import AssignmentError
from autograder.gradebook.model import COMPLETE, Entry, QuestionPoints, Run, Summary
from autograder.grading import batch
from autograder.grading.batch import Batch, Options
from autograder.intake.folder import find_submissions
from autograder.report import staff as staff_module
from autograder.report.charts import bin_counts, histogram, round_step, width
from autograder.report.clusters import find_clusters, generalised
from autograder.report.figures import draw, heat_map
from autograder.report.gather import gather
from autograder.report.staff import Extras, json_in_html, percent, signed, staff_page
from autograder.report.statistics import point_biserial, question_rows, test_rows
from autograder.report.student import student_page
from autograder.similarity.model import Fragment, Pair, Similarity, Text
from tests.conftest import TINY
from tests.test_hostile_text import BARE_LINKS, BLOCKS, BREAKOUTS, CONTROLS, ELSEWHERE, INLINE, cases, odd_characters
from tests.test_results import FakeEngine

START = datetime(2026, 11, 14, 18, 0, tzinfo=UTC)
SECRET = "SECRET-OF-A-HIDDEN-TEST"
QUESTIONS = (("double", "Doubling", Decimal(6)), ("halve", "Halving", Decimal(4)))
TESTS = {
    "test_double": ("double", "4", False, "Every entry is multiplied by two."),
    "test_double_twice": ("double", "2", True, "Doubling twice is four times."),
    "test_halve": ("halve", "4", True, "Every entry is divided by two."),
}
Failures = Mapping[str, Mapping[str, Any]]  # what a failed test's entry holds beside the rest


def record(failures: Failures, *, student: str = "Ann", status: str = "graded", **more: Any) -> dict[str, Any]:
    """A record as results/ hold it."""
    tests = []
    for name, (question, points, hidden, title) in TESTS.items():
        failed = failures.get(name)
        known = {"name": name, "title": title, "question": question, "points": points, "hidden": hidden}
        said = {"verdict": "passed", "message": "", "cause": None, "output": "", "measured": {}}
        tests.append({**known, **said, **({"verdict": "failed", **failed} if failed is not None else {})})
    earned = {name: Decimal(0) for name, _, _ in QUESTIONS}
    for test in tests:
        if test["verdict"] == "passed" and status == "graded":
            earned[test["question"]] += Decimal(test["points"])
    questions = [
        {"name": name, "title": title, "score": str(earned[name]), "maximum": str(maximum)}
        for name, title, maximum in QUESTIONS
    ]
    score = None if status == "error" else str(sum(earned.values()))
    return {
        "version": 1, "student": student, "assignment": "tiny", "release": "1.0", "status": status, "score": score,
        "maximum": "10", "problem": None, "notes": [], "seed": 0, "device": "cpu", "data": "", "isolation": "none",
        "fingerprint": "f", "questions": questions, "tests": tests if status == "graded" else [], **more,
    }  # fmt: skip


def entry(slug: str, value: Mapping[str, Any], *, seconds: float = 1.0, attempt: int = 1) -> Entry:
    """An entry of a gradebook with that record."""
    questions = tuple(
        QuestionPoints(item["name"], item["title"], Decimal(item["score"]), Decimal(item["maximum"]))
        for item in value["questions"]
    )
    score = None if value["score"] is None else Decimal(value["score"])
    summary = Summary(
        slug, value["student"], "", attempt, None, False, value["status"], value["problem"], score,
        Decimal(value["maximum"]), questions, False,
    )  # fmt: skip
    return Entry(summary, value, {"total": seconds, "load": 0.1, "probes": 0.5, "judging": 0.2, "cpu": 0.6}, "")


class Book:
    """A gradebook in memory: the runs of one assignment, the oldest first."""

    def __init__(self, *runs: Sequence[Entry]):
        self._entries = dict(enumerate(runs, start=1))

    def runs(self, assignment: str | None = None) -> tuple[Run, ...]:
        return tuple(map(self.run, self._entries))

    def run(self, number: int | None = None) -> Run:
        number = max(self._entries) if number is None else number
        size = len(self._entries[number])
        end = START + timedelta(seconds=90)
        return Run(
            number, "tiny", "1.0", COMPLETE, START, end, size, size, 0, 0, ("notes.txt: no .py or .ipynb file",), 7,
            "cpu", "", "Landlock, seccomp, limits", 2, "0.1.0", {"torch": "2.13.0"},
        )  # fmt: skip

    def entries(self, run: int) -> Iterator[Entry]:
        return iter(self._entries[run])

    def summaries(self, run: int) -> Iterator[Summary]:
        return (item.summary for item in self._entries[run])


def staff(assignment: Assignment, *runs: Sequence[Entry], **extras: Any) -> str:
    book = Book(*runs)
    return staff_page(assignment, gather(book, book.run()), Extras(made=START, **extras))


def visible(page: str) -> str:
    """The text of a page, without its style and script."""
    body = re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


# Statistics


def test_discrimination_is_the_correlation_with_points():
    random_ = random.Random(1)
    for _ in range(20):
        points = [random_.gauss(5, 2) for _ in range(50)]
        passed = [value + random_.gauss(0, 3) > 5 for value in points]
        assert point_biserial(passed, points) == pytest.approx(np.corrcoef(passed, points)[0, 1])


@pytest.mark.parametrize(
    ("passed", "points"),
    [([True, True], [1, 2]), ([False, False], [1, 2]), ([True, False], [3, 3]), ([], []), ([True], [1])],
)
def test_discrimination_is_undefined_where_nothing_varies(passed, points):
    assert point_biserial(passed, points) is None


def test_tests_and_questions_are_counted_over_those_that_were_graded():
    fails = {"test_halve": {}}
    entries = [entry("a", record({})), entry("b", record(fails)), entry("c", record({"test_double": {}, **fails}))]
    entries += [entry("d", record({}, status="does not load", problem="no")), entry("e", record({}, status="error"))]
    data = gather(Book(entries), Book(entries).run())
    rows = {row.column.name: row for row in test_rows(data)}
    assert rows["test_double"].passed == pytest.approx(2 / 3)
    assert rows["test_halve"].passed == pytest.approx(1 / 3)
    # Points of all other tests: 6, 6 and 2 for test_halve, 6, 2 and 2 for test_double.
    assert rows["test_halve"].discrimination == pytest.approx(np.corrcoef([1, 0, 0], [6, 6, 2])[0, 1])
    assert rows["test_double"].discrimination == pytest.approx(np.corrcoef([1, 1, 0], [6, 2, 2])[0, 1])
    assert rows["test_double_twice"].discrimination is None
    double, halve = question_rows(data)
    assert (double.mean, double.full) == (pytest.approx(14 / 3), pytest.approx(2 / 3))
    assert (halve.mean, halve.full, halve.number) == (pytest.approx(4 / 3), pytest.approx(1 / 3), 2)


def test_a_test_that_better_students_fail_is_pointed_out(tiny):
    good = [entry(f"g{i}", record({"test_halve": {}})) for i in range(5)]
    weak = [entry(f"w{i}", record({"test_double": {}, "test_double_twice": {}})) for i in range(5)]
    assert "test_halve : better students fail it" in visible(staff(tiny, [*good, *weak]))
    assert "better students fail it" not in visible(staff(tiny, good))


def test_scores_fall_into_round_bins_with_full_marks_in_the_last():
    assert bin_counts([0, 0.49, 0.5, 9.99, 10, 10], 10, 0.5) == [2, 1, *[0] * 17, 3]
    assert bin_counts([0.3, 89, 88], 89, 0.1)[3] == 1  # 0.3 / 0.1 is a little less than 3
    assert len(bin_counts([], 89, 5)) == 18
    assert [round_step(length, 25) for length in (100, 89, 10, 3, 1, 0.5, 1000)] == [5, 5, 0.5, 0.2, 0.05, 0.02, 50]
    picture = histogram([1, 5, 10], 10)
    assert "<title>Distribution of scores</title>" in picture
    assert "3 submissions; median 5, lowest 1, highest 10." in picture
    assert re.findall(r'class="label" text-anchor="(?:start|middle|end)">([\d.]+)<', picture)[3:] == [*"02468", "10"]


@pytest.mark.parametrize("maximum", [0.5, 1, 7, 10, 89, 100, 1000])
def test_the_distribution_is_drawn_within_its_frame(maximum):
    picture = histogram([0, maximum / 3, maximum], maximum)
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', picture)
    assert len(bars) == 3
    assert all(float(x) + float(width) <= 560 and float(y) + float(height) <= 280 for x, y, width, height in bars)


def test_only_all_is_full_and_only_none_is_empty():
    assert [width(share) for share in (0, 1e-9, 0.5, 1 - 1e-9, 1)] == ["w0", "w1", "w10", "w19", "w20"]
    assert [percent(share) for share in (0, 1e-9, 0.5, 1 - 1e-9, 1)] == ["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]
    assert [signed(Decimal(text)) for text in ("1.50", "-2", "0")] == ["+1.5", "−2", "±0"]


# Clusters


def clustered(*failures: Failures) -> list[tuple[str, int, list[str]]]:
    entries = [entry(f"s{i}", record(item)) for i, item in enumerate(failures)]
    found = find_clusters(gather(Book(entries), Book(entries).run()))
    return [(item.label, len(item.members), [test.name for test in item.tests]) for item in found.shared]


def test_the_same_cause_at_the_same_test_is_one_mistake():
    double = [{"message": f"dW{i} is wrong", "cause": "factor 2"} for i in range(3)]
    assert clustered(*({"test_double": item} for item in double)) == [("factor 2", 3, ["test_double"])]
    same = [{"message": f"dW1: the gradient is wrong in {i} of 12 entries", "cause": "factor 2"} for i in range(3)]
    assert clustered(*({"test_double": item} for item in same)) == [("factor 2 in dW1", 3, ["test_double"])]
    other = {"message": "dW is wrong", "cause": "transposed"}
    assert clustered({"test_double": double[0]}, {"test_double": other}, {"test_halve": double[0]}) == []


def test_without_a_cause_messages_are_compared_without_their_numbers():
    said = [{"message": f"x is wrong in {i} of 12 entries\n  got {i * 0.5e-3}"} for i in (1, 12)]
    assert clustered(*({"test_double": item} for item in said)) == [
        ("x is wrong in # of # entries", 2, ["test_double"])
    ]
    assert clustered(*[{"test_double": said[0]}] * 2) == [("x is wrong in 1 of 12 entries", 2, ["test_double"])]
    assert generalised("-1.5e-07, 3, .5, nan at w1[2]") == "#, #, #, # at w1[#]"


def test_what_the_same_students_fail_in_the_same_way_is_told_once():
    fails = {
        "test_double": {"message": "double(x: float64 (3, 4)) raised TypeError: no"},
        "test_halve": {"message": "not implemented yet: halve(x: float64 (5,)) raised TypeError: no"},
    }
    assert clustered(fails, fails) == [("raised TypeError: no", 2, ["test_double", "test_halve"])]
    assert len(clustered(fails, fails, {"test_halve": fails["test_halve"]})) == 2


def test_clusters_link_to_their_students_and_the_rest_is_counted(tiny):
    same = {"test_double": {"message": "m", "cause": "factor 2"}}
    alone = {"test_halve": {"message": "only once"}}
    entries = [entry("x", record({})), entry("a", record(same, student="Ada")), entry("b", record({**same, **alone}))]
    page = staff(tiny, entries)
    section = page[page.index('id="failures"') : page.index('id="tests"')]
    assert re.findall(r'href="#(s\d+)"', section) == ["s1", "s2"]
    assert "factor 2" in section
    assert "Ada" in section
    assert "Not listed: 1 failure that only one student has." in visible(section)


# The page for staff


def test_a_run_is_compared_with_the_one_before(tiny):
    before = [entry("a", record({}, student="Ann")), entry("b", record({}, student="Bob"))]
    before.append(entry("g", record({}, student="Gus")))
    now = [entry("a", record({"test_halve": {}}, student="Ann")), entry("b", record({}, student="Bob"))]
    now.append(entry("n", record({}, student="Nia")))
    page = staff(tiny, before, now)
    said = visible(page[page.index('id="changes"') : page.index('id="record"')])
    assert "1 score is another. autograder diff 1 2 says at which tests." in said
    assert "Ann 10 6 −4" in said
    assert "New: Nia" in said
    assert "No longer here: Gus" in said
    assert 'id="changes"' not in staff(tiny, before)


def test_the_page_says_how_it_was_graded_and_what_was_not(tiny):
    entries = [entry("a", record({}), seconds=3.25)]
    problem = {"status": "does not load", "problem": "line 7: SyntaxError"}
    entries += [
        entry("b", record({}, **problem)),
        entry("c", record({}, **{**problem, "problem": "line 9: SyntaxError"})),
    ]
    entries.append(entry("d", record({}, status="error", problem="the judge host died")))
    said = visible(staff(tiny, entries))
    for words in (
        "Landlock, seccomp, limits",
        "torch 2.13.0",
        "seed 7",
        "took 90 s",
        "grader broke at",
        "line # : Syn",
    ):
        assert words.replace(" :", ":") in said
    assert "the judge host died" in said
    assert "notes.txt: no .py or .ipynb file" in said
    assert "Without the 3 that could not be graded." in said


def test_a_run_in_which_nothing_could_be_graded_has_a_page(tiny):
    page = visible(staff(tiny, [entry("a", record({}, status="no usable file", problem="no file"))]))
    assert "Nothing was graded." in page
    assert "no file" in page


def test_nothing_ends_the_data_of_the_page():
    hostile = "</script><script>alert(1)</script><!-- &lt; \u2028"
    written = json_in_html({"a": hostile})
    assert not set("<>&") & set(written)
    assert json.loads(written) == {"a": hostile}


def test_the_longer_all_messages_are_the_less_is_shown_of_each(tiny, monkeypatch):
    entries = [entry(f"s{i}", record({"test_double": {"message": f"{i} " + "x" * 1000}})) for i in range(100)]
    assert len(staff(tiny, entries)) > 100_000
    monkeypatch.setattr(staff_module, "_TEXTS", 20_000)
    page = staff(tiny, entries)
    assert len(page) < 80_000
    assert page.count("xxx…") == 100


def test_heat_maps_that_students_do_not_see_are_in_the_page_for_staff(tiny):
    shown = {"kind": "heatmap", "title": "Error of dW", "x": "", "y": "", "values": [[0, 1], [2, None]], "shown": True}
    hidden = {**shown, "title": "Error of a hidden dW", "shown": False}
    value = record({"test_double": {"figures": [shown]}, "test_halve": {"figures": [hidden]}})
    data = json.loads(re.search(r'id="details">(.*?)</script>', staff(tiny, [entry("a", value)]))[1])
    ((test, title, columns, rows, paths, caption),) = data["rows"][0][4]
    assert (data["tests"][test][0], title, columns, rows) == ("test_halve", "Error of a hidden dW", 2, 2)
    assert len(paths) == 9
    assert "1 without a number" in caption


def similarity(*slugs: str) -> Similarity:
    lines = tuple(f"line_{i} = {i}" for i in range(1, 101))
    pair = Pair(*slugs, 0.8, 0.6, (Fragment((10, 12), (50, 52)), Fragment((90, 91), (2, 3))))
    return Similarity((pair,), dict.fromkeys(slugs, Text(lines, (("tiny.py", 1),))), 0.5, 2, "From the class itself.")


def test_similar_submissions_stand_side_by_side_with_what_they_share_marked(tiny):
    entries = [entry("a", record({}, student="Ann")), entry("b", record({}, student="Bob"))]
    alike = similarity("a", "b")
    page = staff(tiny, entries, similarity=alike)
    section = page[page.index('id="similar"') : page.index('id="record"')]
    first, second = section.split('<div class="sides">')[1].split("<h4>")[1:]
    assert re.findall(r"<mark[^>]*>line_(\d+)", first) == ["10", "11", "12", "90", "91"]
    assert re.findall(r"<mark[^>]*>line_(\d+)", second) == ["2", "3", "50", "51", "52"]
    assert re.findall(r"line_(\d+) ", first)[:3] == ["7", "8", "9"]
    assert "line_40 " not in first
    said = visible(section)
    assert f"{percent(alike.pairs[0].likeness)} Ann 80 % of it and Bob 60 % of it in 2 stretches" in said
    assert "From the class itself. 2 submissions compared; pairs are listed from 50 % on." in said


# Figures


def cells(path: str) -> set[tuple[int, int]]:
    found = set()
    for x, y, count in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        found |= {(int(x) + i, int(y)) for i in range(int(count))}
    return found


def test_each_cell_of_a_heat_map_is_drawn_once_in_its_shade():
    random_ = random.Random(2)
    values = [[random_.choice([0.0, 1.0, random_.random() * 100, None]) for _ in range(32)] for _ in range(20)]
    drawn = heat_map(values)
    of_shade = [cells(path) for path in drawn.paths]
    assert sum(map(len, of_shade)) == 32 * 20
    assert len(set().union(*of_shade)) == 32 * 20
    assert of_shade[0] == {(x, y) for y, row in enumerate(values) for x, value in enumerate(row) if value == 0.0}
    assert of_shade[8] == {(x, y) for y, row in enumerate(values) for x, value in enumerate(row) if value is None}
    largest = max(value for row in values for value in row if value is not None)
    (darkest,) = [(x, y) for y, row in enumerate(values) for x, value in enumerate(row) if value == largest]
    assert darkest in of_shade[7]


def figure(kind: str, values: list[list[float | None]], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "title": "A <title>", "x": "epoch", "y": "loss", "values": values, "shown": True, **more}


def test_a_curve_breaks_where_it_has_no_number():
    drawn = draw(figure("curve", [[1.0, 0.5, None, 0.25, None, 0.1, 0.05]], names=["training"]))
    (path,) = re.findall(r'<path d="([^"]*)" class="line line0">', drawn.picture)
    assert path.count("M") == 2
    assert drawn.picture.count("<circle") == 1
    assert "training 0.05" in drawn.picture
    assert "training goes from 1 to 0.05" in drawn.picture
    assert drawn.rows == (("training", "1", "0.5", "–", "0.25", "–", "0.1", "0.05"),)


@pytest.mark.parametrize("values", [[[5.0]], [[0.0, 0.0]], [[-1.0, -2.0], [None, None]], [[1e300, -1e300]]])
def test_odd_curves_are_drawn_within_their_frame(values):
    drawn = draw(figure("curve", values))
    numbers = [float(text) for text in re.findall(r"[ML](-?[\d.]+ -?[\d.]+)", drawn.picture) for text in text.split()]
    assert all(0 <= number <= 350 for number in numbers)
    assert "nan" not in drawn.picture


def test_a_confusion_matrix_is_a_table_with_headings():
    drawn = draw(figure("confusion", [[9, 1], [0, 4]], names=["cat", "dog"]))
    assert drawn.picture.count('scope="col"') == drawn.picture.count('scope="row"') == 2
    assert '<td class="c4">9</td>' in drawn.picture or '<td class="c5">9</td>' in drawn.picture
    assert "<td>·</td>" in drawn.picture
    assert "A &lt;title&gt;" in drawn.picture


@pytest.mark.parametrize("values", [[], [[]], [[None, None]]])
def test_a_figure_without_numbers_is_left_out(values):
    for kind in ("heatmap", "curve", "confusion"):
        assert draw(figure(kind, values)) is None
    assert draw(figure("sculpture", [[1.0]])) is None


# The page of a student


def hiding(assignment: Assignment, hidden: str) -> Assignment:
    return dataclasses.replace(assignment, report=ReportRules(hidden))


SECRETS = {
    "message": SECRET, "output": SECRET, "cause": SECRET,
    "figures": [figure("heatmap", [[1.0, 2.0]], title=SECRET, x=SECRET, y=SECRET, shown=False)],
}  # fmt: skip


@pytest.mark.parametrize("hidden", ["title", "count", "none"])
def test_hidden_tests_are_named_as_staff_chose_and_never_quoted(tiny, hidden):
    value = record({"test_double_twice": SECRETS, "test_halve": SECRETS})
    page = student_page(hiding(tiny, hidden), entry("ann", value))
    assert SECRET not in page
    assert "test_double_twice" not in page
    assert "test_halve" not in page
    said = visible(page)
    assert ("Doubling twice is four times. (2 points)" in said) == (hidden == "title")
    assert ("2 hidden tests failed, worth 6 points." in said) == (hidden == "count")
    assert ("idden test" in said) == (hidden != "none")
    assert "4 of 10 points" in said


@pytest.mark.parametrize("hidden", ["title", "count", "none"])
def test_a_hidden_tests_figure_is_shown_where_it_tells_nothing(tiny, hidden):
    value = record({"test_halve": {"figures": [figure("curve", [[2.0, 1.0]], title="Loss while training")]}})
    page = student_page(hiding(tiny, hidden), entry("ann", value))
    assert ("Loss while training" in page) == (hidden != "none")


def test_public_failures_are_told_in_full(tiny):
    failed = {
        "message": "x is wrong\n  likely cause: factor 2", "cause": "factor 2", "output": "step 1\n",
        "figures": [figure("heatmap", [[0.0, 1.0], [2.0, 3.0]])],
    }  # fmt: skip
    page = student_page(tiny, entry("ann", record({"test_double": failed})))
    said = visible(page)
    for words in ("x is wrong likely cause: factor 2", "pytest -k test_double", "what your code printed step 1"):
        assert words in said
    assert 'class="heat"' in page
    assert "Every test passed." not in said
    assert "Every test passed." in visible(student_page(tiny, entry("ann", record({}))))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("no usable file", "There was nothing to grade two files"),
        ("does not load", "Your file could not be imported, so no test could run two files"),
        ("error", "The grader could not grade this submission."),
    ],
)
def test_who_has_no_verdicts_reads_why(tiny, status, words):
    said = visible(student_page(tiny, entry("ann", record({}, status=status, problem="two files"))))
    assert words in said
    assert ("two files" in said) == (status != "error")  # what broke the grader is for staff


def test_assignment_toml_says_what_is_shown_of_hidden_tests(tmp_path):
    toml = (TINY / "assignment.toml").read_text()
    assert load_assignment(TINY).report.hidden == "title"
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "assignment.toml").write_text(f'{toml}\n[report]\nhidden = "count"\n')
    assert load_assignment(folder).report.hidden == "count"
    (folder / "assignment.toml").write_text(f'{toml}\n[report]\nhidden = "all"\n')
    with pytest.raises(AssignmentError, match=r"\[report\] hidden must be one of title, count, none, not 'all'"):
        load_assignment(folder)


# Hostile text


class Structure(HTMLParser):
    """The judge: what a browser makes of a page, without its words."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, ...]] = []
        self.comments = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.found.append((tag, *sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.comments += 1


def hostile_class(text: str) -> list[Entry]:
    """Somebody with that text wherever a record holds text, and two who are like it, so that clusters show it too."""
    said = {"message": text, "output": text, "cause": f"cause {text}"}
    value = record({"test_double": said, "test_halve": said}, student=text, notes=[text])
    titled = [{**test, "title": text} for test in value["tests"]]
    questions = [{**question, "title": text} for question in value["questions"]]
    broken = record({}, student=text, status="does not load", problem=text, notes=[text])
    broken["questions"] = questions
    return [*(entry(f"s{i}", {**value, "tests": titled, "questions": questions}) for i in range(2)), entry("b", broken)]


def pages(assignment: Assignment, text: str) -> list[str]:
    members = hostile_class(text)
    alike = dataclasses.replace(similarity("s0", "s1"), note=text, left_out=(text,))
    alike = dataclasses.replace(alike, texts=dict.fromkeys(("s0", "s1"), Text((text,) * 100, (("tiny.py", 1),))))
    titled = dataclasses.replace(assignment, title=text)
    changed = [*members[:1], entry("gone", record({}, student=text + " gone"))]
    return [staff(titled, changed, members, similarity=alike), *(student_page(titled, item) for item in members)]


HOSTILE = {**CONTROLS, **INLINE, **ELSEWHERE, **BARE_LINKS, **BLOCKS, **BREAKOUTS}
MARKUP = {
    "out of an attribute": '" onmouseover="alert(1)" x="',
    "out of a style": "</style><script>alert(1)</script>",
    "out of a script": "</script><script>alert(1)</script>",
    "out of a title": "</title></svg><img src=x>",
    "cdata in a picture": "]]><script>x</script>",
}


@pytest.fixture(scope="module")
def calm() -> list[str]:
    return pages(load_assignment(TINY), "harmless")


@pytest.mark.parametrize("text", cases({**HOSTILE, **MARKUP}))
def test_pages_have_the_same_structure_whatever_the_text(tiny, calm, text):
    plain = plain_text(text, 5000)  # as records hold it
    for page, harmless in zip(pages(tiny, plain), calm, strict=True):
        assert Structure(page).found == Structure(harmless).found
        assert not Structure(page).comments
        assert not odd_characters(page)
        assert " ".join(plain.split())[:60] in visible(page)


RAW = {**MARKUP, "html": INLINE["html"], "closing tag": INLINE["closing tag"], "comment": INLINE["comment"]}


@pytest.mark.parametrize("text", cases(RAW))
def test_the_judge_sees_what_raw_text_does(calm, text):
    raw = [(Structure(page.replace("harmless", text)), Structure(page)) for page in calm]
    noticed = [judged.found != harmless.found or judged.comments > 0 for judged, harmless in raw]
    assert noticed[0]
    assert all(noticed) or text == MARKUP["out of an attribute"]  # the students' pages have no such attributes


def test_a_template_in_a_text_is_not_filled_in(tiny):
    text = "{{ 7 * 7 }} {% raw %} {# x #}"
    for page in pages(tiny, text):
        assert text in visible(page)


# The command


class ReportEngine(FakeEngine):
    """Grades by what a file says: "good", or else a number that stands for what is wrong."""

    def __init__(self, *args: object, **options: Any):
        super().__init__(*args, **options)
        self.tests = tuple(
            TestInfo(name, question, Decimal(points), hidden, title)
            for name, (question, points, hidden, title) in TESTS.items()
        )

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        for task in tasks:
            said = (task.folder / task.file).read_text().strip()
            wrong = TestOutcome("test_double", "failed", f"x is wrong in {said} of 12 entries", "factor 2")
            right = TestOutcome("test_double", "passed")
            others = [TestOutcome(name, "passed") for name in TESTS if name != "test_double"]
            yield Graded(task.key, (right if said == "good" else wrong, *others), seconds={"total": 1.5})


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course with a class that was graded into grades/tiny."""
    monkeypatch.setattr(batch, "Engine", ReportEngine)
    shutil.copytree(TINY, tmp_path / "assignments" / "tiny")
    monkeypatch.chdir(tmp_path)
    for name, text in {"ann": "good", "bob": "3", "cem": "7"}.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "tiny.py").write_text(text)
    grade(tmp_path)
    return tmp_path


def grade(course: Path) -> None:
    intake = find_submissions(course / "class", "tiny")
    Batch(load_assignment(course / "assignments" / "tiny"), intake, Options(course / "grades" / "tiny", seed=0)).run()


def test_report_writes_a_page_for_staff_and_one_for_each_student(course, capsys):
    assert main(["report", "--no-similar"]) == 0
    out = course / "grades" / "tiny"
    assert "(3 pages)" in capsys.readouterr().out
    page = (out / "report.html").read_text()
    assert "2 factor 2" in visible(page)
    assert 'href="feedback/bob.html"' in page
    assert "x is wrong in 3 of 12 entries" in visible((out / "feedback" / "bob.html").read_text())
    assert "Every test passed." in visible((out / "feedback" / "ann.html").read_text())


def test_pages_of_those_who_are_not_in_the_run_go_and_others_files_stay(course):
    assert main(["report", "--no-similar"]) == 0
    feedback = course / "grades" / "tiny" / "feedback"
    (feedback / "mine.html").write_text("<p>kept</p>")
    shutil.copy(feedback / "ann.html", feedback / "left.html")
    assert main(["report", "--no-similar"]) == 0
    assert sorted(path.name for path in feedback.glob("*.html")) == ["ann.html", "bob.html", "cem.html", "mine.html"]


def test_an_earlier_run_has_pages_too(course):
    (course / "class" / "bob" / "tiny.py").write_text("good")
    grade(course)
    page = course / "grades" / "tiny" / "report.html"
    assert main(["report", "--no-similar"]) == 0
    assert "bob 6 10 +4" in visible(page.read_text())
    assert main(["report", "1", "--no-similar"]) == 0
    assert 'id="changes"' not in page.read_text()


def test_a_file_that_is_no_report_is_not_replaced(course, capsys):
    page = course / "mine.html"
    page.write_text("<p>mine</p>")
    assert main(["report", "--no-similar", "--to", str(page)]) == 2
    assert "not a page that `autograder report` made" in capsys.readouterr().err
    assert page.read_text() == "<p>mine</p>"


def test_links_lead_to_the_students_pages_from_wherever_the_page_is(course):
    page = course / "for staff" / "deep" / "run.html"
    assert main(["report", "--no-similar", "--to", str(page)]) == 0
    assert 'href="../../grades/tiny/feedback/ann.html"' in page.read_text()


def test_late_days_are_taken_off_where_the_course_has_rules(course):
    (course / "course.toml").write_text(
        'timezone = "UTC"\n[late]\nper_day = 10\n[assignments.tiny]\ndue = 2020-01-01T00:00:00\n'
    )
    submitted = datetime(2020, 1, 1, 12, tzinfo=UTC)
    intake = find_submissions(course / "class", "tiny")
    timed = tuple(dataclasses.replace(item, submitted=submitted) for item in intake.submissions)
    assignment = load_assignment(course / "assignments" / "tiny")
    Batch(assignment, dataclasses.replace(intake, submissions=timed), Options(course / "grades" / "tiny", seed=0)).run()
    assert main(["report", "--no-similar"]) == 0
    out = course / "grades" / "tiny"
    said = visible((out / "feedback" / "ann.html").read_text())
    why = "1 day late (due 2020-01-01 00:00): 10 % of the maximum taken off"
    assert f"{why}. 1 point taken off: 9 points count." in said
    page = (out / "report.html").read_text()
    assert "days late final" in visible(page)
    assert json.loads(re.search(r'id="details">(.*?)</script>', page)[1])["rows"][0][2] == [why]


def test_without_jinja_there_is_one_clear_line(course, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "autograder.report.staff", None)  # as if what it imports were missing
    assert main(["report", "--no-similar"]) == 2
    assert "reports need the package jinja2: pip install 'autograder[report]'" in capsys.readouterr().err


def test_alike_submissions_are_looked_for_unless_told_not_to(course):
    assert main(["report"]) == 0
    page = course / "grades" / "tiny" / "report.html"
    assert 'id="similar"' in page.read_text()
    assert main(["report", "--no-similar"]) == 0
    assert 'id="similar"' not in page.read_text()


@pytest.mark.parametrize("arguments", [["9"], ["--out", "nowhere"], ["--course", "nowhere"]])
def test_what_is_not_there_is_one_clear_line(course, capsys, arguments):
    assert main(["report", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (course / "grades" / "tiny" / "report.html").exists()
