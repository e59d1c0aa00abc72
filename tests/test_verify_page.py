"""What a verification says of messages and diagnoses, its kill matrix, and its page."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograder.core.outcome import TestInfo
from autograder.errors import ReportError
from autograder.verify import feedback, page
from autograder.verify.facts import Answer, Finding, Mode, Result, Seen, Verification
from autograder.verify.matrix import Matrix, draw, matrix_of, overview
from tests.test_hostile_text import INLINE
from tests.test_report import MARKUP
from tests.test_report_pages import CONTRASTS, NARROW, browser, opened  # noqa: F401  (fixtures)

SOLUTION = """
import torch

def _scaled(x, by):
    return x * by

def double(x):
    return _scaled(x, 2)

class Halver:
    def halve(self, x):
        return _scaled(x, 0.5)

def alone(x):
    return x
"""
TESTS = (
    TestInfo("test_double", "double", Decimal(4), hidden=False, title="Every entry is doubled."),
    TestInfo("test_double_twice", "double", Decimal(2), hidden=True, title="Doubling twice is four times."),
    TestInfo("test_of_a_half", "halver", Decimal("3.5"), hidden=True, title="What halve gives back is half as much."),
)
PASSED = Seen("passed")


def failed(message: str = "double(x) is wrong", cause: str | None = None) -> Seen:
    return Seen("failed", message, cause)


def mutant(name: str, *fails: str, changed: str = "double", causes: tuple[str, ...] = ()) -> Answer:
    return Answer(f"mutants/{name}", "mutant", name, frozenset(fails), frozenset({changed}), frozenset(causes))


def result(answer: Answer, seen: Mapping[str, Seen], *, seed: int = 0, mode: Mode = "sandbox") -> Result:
    """A result in which the tests that are not mentioned pass."""
    return Result(answer.name, seed, mode, {test.name: PASSED for test in TESTS} | dict(seen), cpu=0.25)


def verification(*results: tuple[Answer, Mapping[str, Seen]], findings: tuple[Finding, ...] = ()) -> Verification:
    """Of the solution and of mutants with the tests that they fail."""
    solution = Answer("solution", "solution", SOLUTION)
    graded = [(solution, {}), *results]
    answers = list(dict.fromkeys(answer for answer, _ in graded))
    found = [result(answer, seen) for answer, seen in graded]
    return Verification("tiny", "Tiny things", TESTS, frozenset(), answers, found, findings, seconds=12.0)


# What students are told


@pytest.mark.parametrize(
    ("causes", "cause", "diagnosed"),
    [
        (("factor 2",), "factor 2", "right"),
        (("factor 2", "NaN*"), "NaN in 3 of 9 entries", "right"),
        (("factor ?",), "factor 7", "right"),
        (("factor ?",), "factor 70", "wrong"),
        (("factor 2",), "factor 1/2", "wrong"),
        ((), "factor 2", "undeclared"),
        (("factor 2",), None, "absent"),
        ((), None, "absent"),
    ],
)
def test_a_diagnosis_is_right_where_the_mutant_declares_it(causes, cause, diagnosed):
    one = mutant("thrice", "test_double", causes=causes)
    rates = feedback.rates(verification((one, {"test_double": failed(cause=cause)})))
    assert [pair.diagnosed for pair in rates.pairs] == [diagnosed]
    assert rates.diagnosed(diagnosed) == 1
    assert rates.mutants_told_why == (diagnosed == "right")


@pytest.mark.parametrize(
    ("changed", "test", "message", "named"),
    [
        ("double", "test_double", "double(float64 (3, 4)) is wrong in 12 of 12 entries", "message"),
        ("_scaled", "test_double", "double(float64 (3, 4)) is wrong in 12 of 12 entries", "message"),  # its user
        ("Halver", "test_of_a_half", "Halver.halve(x) is wrong", "message"),
        ("double", "test_double_twice", "the result is wrong", "test"),
        ("_scaled", "test_of_a_half", "the result is wrong", "test"),  # of the question of Halver, which uses it
        ("alone", "test_double", "double(float64 (3, 4)) is wrong", "other"),
        ("alone", "test_double", "the result is wrong", "nothing"),
        ("double", "test_of_a_half", "redoubled is wrong", "nothing"),
    ],
)
def test_what_leads_to_the_function_that_is_wrong(changed, test, message, named):
    one = mutant("wrong", test, changed=changed)
    rates = feedback.rates(verification((one, {test: failed(message)})))
    assert [pair.named for pair in rates.pairs] == [named]
    assert rates.mutants_led_to == (named in ("message", "test"))


def test_a_wrong_diagnosis_breaks_a_claim_and_others_are_remarks():
    right = mutant("right", "test_double", causes=("factor 2",))
    wrong = mutant("wrong", "test_double", causes=("transposed",))
    unsaid = mutant("unsaid", "test_double", "test_double_twice")
    astray = mutant("astray", "test_double", changed="alone")
    two = failed(cause="factor 2")
    seen = verification(
        (right, {"test_double": two}),
        (wrong, {"test_double": two}),
        (unsaid, {"test_double": two, "test_double_twice": two}),
        (astray, {"test_double": failed()}),
    )
    found = {(one.who, one.kind, one.broken): one for one in feedback.findings(seen)}
    assert set(found) == {
        ("mutants/wrong", "diagnosis", True),
        ("mutants/unsaid", "diagnosis", False),
        ("mutants/astray", "message", False),
    }
    assert found["mutants/wrong", "diagnosis", True].text == (
        'told "factor 2" by test_double, which it does not declare'
    )
    unsaid_one = found["mutants/unsaid", "diagnosis", False]
    assert unsaid_one.text == 'told "factor 2" by test_double and 1 more'
    assert 'CAUSES = ("factor 2",)' in unsaid_one.advice
    text = feedback.rates(seen).text()
    assert text == (
        "the function is named for 3 of 4 mutants, 4 of 5 failures; diagnoses: 1 right, 1 absent, 1 wrong, 2 undeclared"
    )


def test_only_what_mutants_were_told_in_the_sandbox_counts():
    one = mutant("thrice", "test_double", causes=("factor 2",))
    known = verification((one, {"test_double": failed(cause="factor 2")}))
    more = [
        result(one, {"test_double": failed(cause="zero")}, mode="local"),
        replace(result(one, {"test_double": failed(cause="zero")}, seed=1), load_error="line 1: SyntaxError"),
        result(known.answers[0], {"test_double": failed(cause="zero")}),
        result(one, {"test_double": Seen("error", "the test broke")}, seed=2),
    ]
    together = replace(known, results=[*known.results, *more])
    assert [pair.cause for pair in feedback.rates(together).pairs] == ["factor 2"]
    assert feedback.findings(together) == []


# The kill matrix


def test_states_are_those_of_all_seeds():
    one = mutant("one", "test_double", "test_double_twice", "test_of_a_half")
    left_out = {"test_double": failed(), "test_double_twice": failed()}
    known = verification((one, left_out))
    seeds = [
        Result(one.name, 0, "sandbox", left_out),
        Result(one.name, 1, "sandbox", {"test_double": failed(), "test_double_twice": PASSED}),
        Result(one.name, 2, "local", {"test_of_a_half": PASSED}),
    ]
    (row,) = matrix_of(replace(known, results=seeds)).all_rows
    assert row.states == {"test_double": "named", "test_double_twice": "survived", "test_of_a_half": "unmet"}
    assert row.killed


def test_a_failure_that_a_mutant_does_not_name_is_extra_and_of_an_automatic_one_as_it_should_be():
    hand, automatic = mutant("hand", "test_double"), Answer("double: `2` -> `3`", "automatic", "x")
    seen = {"test_double": failed(), "test_of_a_half": failed()}
    known = verification((hand, seen), (automatic, seen), (replace(automatic, name="none"), {}))
    (row,) = matrix_of(known).all_rows
    assert row.states == {"test_double": "named", "test_of_a_half": "extra"}
    caught, survivor = matrix_of(known, "automatic").all_rows
    assert set(caught.states.values()) == {"named"}
    assert not survivor.killed
    unloadable = [replace(item, load_error="no", tests={}) for item in known.results]
    assert all(row.killed for row in matrix_of(replace(known, results=unloadable), "automatic").all_rows)


def test_mutants_stand_by_the_question_of_their_function():
    rows = [
        (mutant("of_the_class", "test_double", changed="Halver"), {"test_double": failed()}),  # whatever it fails
        (mutant("b", "test_double", changed="double"), {"test_double": failed()}),
        (mutant("of_a_helper", "test_of_a_half", changed="_scaled"), {"test_of_a_half": failed()}),
        (mutant("a", changed="double"), {}),
        (mutant("nothing", changed="_scaled"), {}),
    ]
    matrix = matrix_of(verification(*rows))
    names = {question: [row.answer.name[8:] for row in group] for question, group in matrix.rows.items()}
    assert names == {"double": ["a", "b"], "halver": ["of_the_class", "of_a_helper"], "": ["nothing"]}
    assert list(matrix.columns) == ["double", "halver"]
    ungraded = verification(*rows)
    assert matrix_of(replace(ungraded, results=[])).all_rows == []


def test_the_longest_question_that_a_function_begins_with_is_its_own():
    rows = [(mutant("whole", changed="train"), {}), (mutant("part", changed="train_one_epoch"), {})]
    for questions in (["train", "train_one_epoch"], ["train_one_epoch", "train"]):
        tests = [replace(TESTS[0], name=f"test_{i}", question=question) for i, question in enumerate(questions)]
        matrix = matrix_of(replace(verification(*rows), tests=tests))
        names = {question: [row.answer.name[8:] for row in group] for question, group in matrix.rows.items()}
        assert names == {"train": ["whole"], "train_one_epoch": ["part"]}


def large(mutants: int = 190, tests: int = 90) -> Verification:
    """As large as the largest assignments."""
    infos = [
        TestInfo(
            f"test_function_{i // 9}_of_a_{'very_' * (i % 4)}long_name_{i}",
            f"function_{i // 9}",
            Decimal(1),
            i % 2 == 0,
            "",
        )
        for i in range(tests)
    ]
    answers = [Answer("solution", "solution", SOLUTION)]
    results = []
    for number in range(mutants):
        names = {infos[(number * 3 + k * k) % tests].name for k in range(5)}
        function = f"function_{number * tests // mutants // 9}"
        answers.append(mutant(f"{function}_does_{'quite_' * (number % 5)}wrong_{number}", *names, changed=function))
        results.append(Result(answers[-1].name, 0, "sandbox", {name: failed() for name in names}))
    return Verification("large", "Large", infos, frozenset(), answers, results)


def elements(svg: str, tag: str, class_: str | None = None) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(svg).iter(tag)
    return [element for element in found if class_ is None or class_ in element.get("class", "").split()]


def test_every_failure_is_drawn_once_with_its_name():
    matrix = matrix_of(large())
    svg = str(draw(matrix))
    marks = elements(svg, "rect", "named")
    assert len(marks) == matrix.count("named") > 800
    assert len({(mark.get("x"), mark.get("y")) for mark in marks}) == len(marks)
    said = [mark.findtext("title") for mark in marks]
    row = matrix.all_rows[7]
    mine = [text for text in said if text.startswith(f"{row.answer.name[8:]} fails")]
    assert sorted(mine) == sorted(
        f"{row.answer.name[8:]} fails a test that it names: {test.removeprefix('test_')}" for test in row.states
    )
    labels = [element.text for element in elements(svg, "text", "name")]
    assert len([label for label in labels if label is not None and "wrong" in label]) == 190
    root = ElementTree.fromstring(svg)
    assert root.findtext("title") == "Kill matrix of Large"
    assert "190 mutants by 90 tests" in root.findtext("desc")


def test_what_is_not_as_it_should_be_has_another_form():
    one = mutant("one", "test_double")
    seen = verification((one, {"test_of_a_half": failed()}), (mutant("two", "test_gone"), {}))
    svg = str(draw(matrix_of(seen)))
    assert [element.tag for element in ElementTree.fromstring(svg).iter() if element.get("class") == "extra"] == [
        "path"
    ]
    assert len(elements(svg, "circle", "survived")) == 1
    assert "once" not in svg
    assert "1 times a mutant passes a test that it names" in svg


def test_the_overview_shows_all_assignments_side_by_side():
    matrices = [matrix_of(large()), matrix_of(large(40, 30)), matrix_of(large(100, 60))]
    svg = str(overview(matrices))
    assert [element.text for element in elements(svg, "text", "strong")] == ["large"] * 3
    assert "190 of 190 mutants caught" in svg
    drawn = elements(svg, "path", "filled")
    assert [path.get("d").count("M") for path in drawn] == [matrix.count("named") for matrix in matrices]
    starts = [float(re.search(r"\d+", group.get("transform"))[0]) for group in ElementTree.fromstring(svg).findall("g")]
    assert starts == sorted(starts)
    width, height = map(float, ElementTree.fromstring(svg).get("viewBox").split()[2:])
    assert 900 < width < 1300
    assert height < 500
    one = ElementTree.fromstring(str(overview([Matrix("none", "None", matrices[0].columns, {})])))
    assert one.findtext("desc") == "None: 0 of 0 mutants caught, 90 tests, 10 questions."


# The page

SURVIVOR = Answer(
    "double: `2` -> `2.0`", "automatic", "s", changed=frozenset({"double"}), diff="-    x * 2\n+    x * 2.0"
)
EQUIVALENT = Answer("double: `x` -> `+x`", "automatic", "e", equivalent="the same number, whatever x is")
FINDINGS = (
    Finding("survivor", "mutants/lazy", "passes test_double, which it names", "sharpen the test"),
    Finding("twins", "test_double", "falls together with test_double_twice", "merge them", broken=False),
)


def whole(**changes: object) -> Verification:
    """With everything that the page can show."""
    stub = Answer("stub", "stub", "stub", frozenset(test.name for test in TESTS))
    variant = Answer("variants/by_hand", "variant", "variant")
    lazy, thrice = mutant("lazy", "test_double"), mutant("thrice", "test_double", causes=("factor 1.5",))
    caught = Answer("double: `2` -> `3`", "automatic", "c")
    known = verification(
        (stub, {test.name: failed() for test in TESTS[:2]}),
        (variant, {}),
        (lazy, {"test_of_a_half": failed(cause="zero")}),
        (thrice, {"test_double": failed(cause="factor 1.5")}),
        (caught, {"test_double": failed()}),
        (SURVIVOR, {}),
        (EQUIVALENT, {}),
        findings=FINDINGS,
    )
    seeds = [replace(item, seed=1) for item in known.results if item.answer == "solution"]
    local = [replace(item, mode="local") for item in known.results if item.answer == "solution"]
    return replace(known, results=[*known.results, *seeds, *local], **changes)


def words(text: str) -> str:
    """What the page says, without markup."""
    body = re.sub(r"<(style|svg|title)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def test_the_page_says_what_was_graded_and_what_follows():
    said = words(page.page([whole()]))
    assert "Some claims do not hold" in said
    row = said.partition("CPU s Tiny things ")[2]
    assert row.startswith("3 2 of 2 1 test 2 of 2 1 of 2, 50 % 1 1 / 0 1 2 ")
    for finding in FINDINGS:
        assert f"{finding.kind} {finding.who} {finding.text} {finding.advice}" in said
    assert "Automatic mutants that nothing catches double: `2` -> `2.0` - x * 2 + x * 2.0" in said
    assert "declared equivalent" in said
    assert f"{EQUIVALENT.name} {EQUIVALENT.equivalent}" in said
    assert "8 answers in the sandbox, as autograder grade does, 2 seeds, 9 gradings 1 answer by local pytest" in said
    assert "lazy double (passes a test that it names), of_a_half (fails a test that it does not name)" in said
    assert "2 of_a_half hidden What halve gives back is half as much. 3.5 1 1" in said
    assert "1 double Every entry is doubled. 4 2 2" in said


def test_a_verification_that_holds_says_so():
    text = words(page.page([whole(findings=FINDINGS[1:])]))
    assert text.startswith(" Verification: holds solutions and hidden tests; for staff only Every claim holds All")
    assert "Every claim holds; there are remarks." in text
    assert "Every claim holds." in words(page.page([whole(findings=())]))
    empty = replace(whole(findings=()), answers=[], results=[])
    assert "Tiny things 3 – – – – – – 0 0" in words(page.page([empty]))


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.975, "97.5 %"), (0.5, "50 %")],
)
def test_only_all_is_100_and_only_none_is_0(rate, said):
    assert page._percent(rate) == said


def test_the_page_is_written_over_a_page_of_ours_only(tmp_path):
    path = page.write(tmp_path / "out", [whole()])
    assert path == page.write(tmp_path / "out", [whole(findings=())])
    assert "Every claim holds" in path.read_text()
    path.write_text("notes")
    with pytest.raises(ReportError, match=r"verify\.html is not a page that autograder made"):
        page.write(tmp_path / "out", [whole()])
    assert path.read_text() == "notes"
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="file"):
        page.write(tmp_path / "file", [whole()])


class Markup(HTMLParser):
    """The elements of a page, each with the names of its attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.found: set[tuple[str, frozenset[str]]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, frozenset(name for name, _ in attrs)))


def test_texts_of_submissions_and_tests_are_shown_as_texts():
    allowed = Markup(page.page([whole()])).found
    assert ("h2", frozenset({"id"})) in allowed
    for text in [*MARKUP.values(), *INLINE.values()]:
        known = whole(findings=(Finding(text, text, text, text), *FINDINGS))
        answers = [replace(answer, diff=text, equivalent=answer.equivalent and text) for answer in known.answers]
        tests = [replace(test, title=text) for test in known.tests]
        hostile = page.page([replace(known, title=text, answers=answers, tests=tests)])
        assert Markup(hostile).found <= allowed


def test_the_largest_assignments_make_a_page_in_good_time():
    started = time.process_time()
    text = page.page([replace(large(), name=f"large{i}") for i in range(5)])
    assert time.process_time() - started < 12  # 1.2 s where this was written
    assert len(text) < 4_000_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything in it."""
    return page.write(tmp_path_factory.mktemp("verify"), [whole(), replace(large(), name="large")])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_all_text_has_contrast(opened, written, scheme, media):  # noqa: F811
    seen = opened(written, color_scheme=scheme)
    seen.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    seen.emulate_media(media=media, color_scheme=scheme)
    found = seen.evaluate(CONTRASTS)
    assert len(found) > 300
    assert [text for ratio, text in found if ratio < 4.5] == []


def test_the_page_reads_well_on_any_window(opened, written):  # noqa: F811
    for size in ({"width": 1200, "height": 900}, NARROW):
        seen = opened(written, viewport=size)
        seen.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        assert seen.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for picture in seen.locator("svg[role=img]").all():
            assert picture.locator("> title").text_content()
            assert picture.locator("> desc").text_content()
        for table in seen.locator("table").all():
            assert table.locator("th[scope=col]").count() > 0
        levels = [int(node.evaluate("node => node.tagName[1]")) for node in seen.locator("h1, h2, h3, h4").all()]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_cut_off_on_paper(opened, written):  # noqa: F811
    seen = opened(written, viewport={"width": 688, "height": 970})  # what margins leave of A4
    seen.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    seen.emulate_media(media="print")
    widths = seen.evaluate(
        "() => [...document.querySelectorAll('.scroll')].map((node) => [node.scrollWidth, node.clientWidth])"
    )
    assert len(widths) > 10
    assert [pair for pair in widths if pair[0] > pair[1]] == []
    assert not seen.locator("nav").is_visible()


def test_names_in_the_matrix_can_be_read(opened, written):  # noqa: F811
    """As large as the matrix is, no name is smaller than 8 pixels, or lies on another or on a mark."""
    seen = opened(written)
    boxes = seen.evaluate(
        """() => [...document.querySelectorAll('#large svg[role=img] text.name')].map((node) => {
            const box = node.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom, parseFloat(getComputedStyle(node).fontSize)];
        })"""
    )
    assert len(boxes) == 190 + 90
    assert min(box[4] for box in boxes) >= 8
    columns = [box for box in boxes if box[3] - box[1] > box[2] - box[0]]
    rows = [box for box in boxes if box not in columns]
    assert len(columns) == 90
    assert all(one[3] <= other[3] - 9 for one, other in itertools.pairwise(sorted(rows, key=lambda box: box[3])))
    assert all(one[0] <= other[0] - 9 for one, other in itertools.pairwise(sorted(columns)))
    assert max(box[2] for box in rows) <= min(box[0] for box in columns)
    assert max(box[3] for box in columns) <= min(box[1] for box in rows)
