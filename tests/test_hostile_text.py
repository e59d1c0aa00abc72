"""Text of submissions is shown as text, wherever it is shown.

Each kind of reader (a Markdown renderer, a spreadsheet, a terminal, a reader of JSON) is stood in for by a judge that
says what it would interpret. Each judge is shown the raw text first, and must object: so it would notice a leak.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from autograder.core.assignment import Assignment
from autograder.core.outcome import Graded, TestInfo, TestOutcome
from autograder.core.text import CUT, one_line, plain_text
from autograder.gradebook.diff import Move
from autograder.grading.batch import Batch, Options, Report
from autograder.grading.feedback import escaped, feedback_markdown
from autograder.grading.results import SCHEMA, csv_cell, make_record, scores_csv, summary_of, to_json
from autograder.grading.screen import Screen
from autograder.intake.folder import find_submissions
from autograder.intake.model import Intake, Submission
from tests.conftest import GOOD
from tests.test_results import FakeEngine

LRM = "\N{LEFT-TO-RIGHT MARK}"

# What a terminal, or the eye, is misled by: name of the trick, text.
CONTROLS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear the screen": "\x1b[2J\x1b[H100 of 100",
    "title of the window": "\x1b]0;owned\x07",
    "link (OSC 8)": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "C1 introducer": "\x9b31mred",
    "carriage return": "0 points\r100 points",
    "backspace": "failed\b\b\b\b\b\bpassed",
    "null and bell": "a\x00b\x07c",
    "vertical tab and form feed": "a\x0bb\x0cc",
    "next line": "a\x85b",
    "line and paragraph separator": "a\u2028b\u2029c",
    "right to left override": "score \u202e001\u202c",
    "isolates": "\u2066a\u2067b\u2069",
    "left to right mark": "a\u200eb",
    "zero width": "pa\u200bssed\ufeff\u2060",
    "soft hyphen": "pass\u00aded",
    "invisible letters": "ann\u3164\u115f\uffa0\u034f",
    "invisible plus and tags": "a\u2064b\U000e0041\U000e0042",
    "lone surrogates": "a\ud800b\udfffc",
    "private use": "a\ue000b\U0010fffd",
    "not assigned": "a\U000e0fffb\ufffe",
    "interlinear annotation": "a\ufff9b\ufffac\ufffb",
}

# What Markdown, or the HTML made of it, would make something of.
INLINE = {
    "html": "<img src=x onerror=alert(1)>",
    "closing tag": "</h1></body><script>alert(1)</script>",
    "comment": "<!-- hidden -->",
    "entity": "&lt;b&gt; &amp; &nbsp;",
    "numeric entity": "&#60;script&#62; &#x3c;",
    "link": "[click](https://evil.example)",
    "image": "![](https://evil.example/pixel.png)",
    "autolink": "<https://evil.example>",
    "mail autolink": "<a@evil.example>",
    "emphasis": "*a* _b_ **c** __d__ ~~e~~",
    "code": "`a` ``b``",
    "backslashes": "\\*a\\* \\\\",
    "closing hashes": "name ##",
}
# What this renderer leaves alone and others, or another place on the page, do not.
ELSEWHERE = {
    "reference": "[click][1]",
    "script link": "[x](javascript:alert(1))",
    "code that does not end": "`a",
    "ends in a backslash": "name\\",
    "mathematics": "$\\href{https://evil.example}{x}$",
    "marked and raised": "==a== ^b^",
    "attributes": "a{onclick=x}",
    "liquid": "{{ site.secret }} {% raw %}",
}
BARE_LINKS = {
    "bare address": "see https://evil.example/x",
    "bare www": "see www.evil.example",
    "bare domain": "evil.com",
    "bare mail": "a@evil.example",
    "bare mailto": "mailto:a@evil.example",
    "bare xmpp": "xmpp:a@evil.example/x",
    "protocol left out": "//evil.example",
    "link with backticks": "`` www.evil.example ` ```",
}
BLOCKS = {
    "heading": "# 100 of 100",
    "setext heading": "text\n===",
    "setext heading, second": "text\n---",
    "rule": "***",
    "quote": "> quoted",
    "list": "- item",
    "list with plus": "+ item",
    "numbered list": "1. item",
    "numbered list with bracket": "7) item",
    "task list": "- [x] done",
    "indented code": "text\n\n    code",
    "tab as indent": "text\n\n\tcode",
    "fence": "```\ncode\n```",
    "tilde fence": "~~~\ncode\n~~~",
    "html block": "<div>\n<h1>100 of 100</h1>\n</div>",
    "processing instruction": "<?php x ?>",
    "cdata": "<![CDATA[ x ]]>",
    "table": "| a | b |\n| --- | --- |\n| 1 | 2 |",
    "definition of a link": "[x]: https://evil.example\n\n[x]",
    "footnote": "[^1]\n\n[^1]: https://evil.example",
}
BREAKOUTS = {
    "closing fence": "a\n```\n# out",
    "long closing fence": "a\n``````````\n# out",
    "indented closing fence": "a\n   ````\n<b>out</b>",
    "fence and text": "a\n```text\nb\n```\n# out",
    "carriage returns": "a\r```\r# out",
    "other line ends": "a\x0b```\x0c# out\x85```\u2028# out",
    "only backticks": "`" * 1000,
    "fence at the start": "```\n# out",
    "fence at the end": "a\n```",
}
SIZES = {
    "10 MB of letters": "x" * 10_000_000,
    "a million lines": "line\n" * 1_000_000,
    "a million empty lines": "\n" * 1_000_000,
    "a million carriage returns": "\r\n" * 1_000_000,
    "a million tabs": "\t" * 1_000_000,
    "a pile of marks": "e" + "\u0301" * 1_000_000,
    "a pile of marks with selectors between": "e" + "\u0301\ufe0f" * 100_000,
    "10 MB of wide letters": "漢" * 10_000_000,
    "the widest letter": "\ufdfd" * 100_000,
    "a million escapes": "\x1b[31m" * 1_000_000,
}
FORMULAS = {
    "formula": "=1+1",
    "command": "=cmd|'/C calc'!A0",
    "link": '=HYPERLINK("https://evil.example";"click")',
    "plus": "+1+cmd|'/C calc'!A0",
    "minus": "-1+cmd|'/C calc'!A0",
    "at": "@SUM(1+1)*cmd|'/C calc'!A0",
    "after a space": " =1+1",
    "after odd spaces": "\u3000\u00a0=1+1",
    "after a tab": "\t=1+1",
    "after a line end": "\r\n=1+1",
    "full-width": "＝1+1",
    "full-width plus": "＋1",
    "full-width minus": "－1",
    "full-width at": "＠SUM(1)",
    "small form": "﹦1+1",
    "behind a semicolon": "x;=1+1",
    "behind a tab": "x\t=1+1",
    "behind a bar": "x|=1+1",
}
QUOTED = {  # what any writer of CSV quotes anyway
    "behind a comma": "x,=1+1",
    "behind quotes": 'x";=1+1;"',
    "behind quotes and comma": 'x","=1+1","',
    "on a second line": "x\n=1+1",
}
EVERYTHING = {**CONTROLS, **INLINE, **ELSEWHERE, **BARE_LINKS, **BLOCKS, **BREAKOUTS, **SIZES, **FORMULAS}


def cases(texts: dict[str, str]) -> list[object]:
    return [pytest.param(text, id=name) for name, text in texts.items()]


def odd_characters(text: str) -> list[str]:
    """The judge of what no reader should ever be sent: all that is not printed, but for line ends."""
    unseen = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    return [c for c in text if (not c.isprintable() and c != "\n") or c in unseen]


def most_marks(text: str) -> int:
    """The longest pile of combining marks on one letter."""
    piles = itertools.groupby(text, key=lambda c: unicodedata.category(c)[0] == "M")
    return max((len(list(pile)) for is_mark, pile in piles if is_mark), default=0)


# plain_text


@pytest.mark.parametrize("text", cases(CONTROLS))
def test_controls_are_gone(text):
    assert odd_characters(text)
    for cleaned in (plain_text(text), one_line(text)):
        assert not odd_characters(cleaned)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize("text", cases(SIZES))
def test_any_size_becomes_small(text):
    cleaned = plain_text(text, 1000, lines=50)
    assert len(cleaned) <= 1000
    assert cleaned.count("\n") < 50
    assert most_marks(cleaned) <= 4
    assert len(one_line(text, 100)) <= 100
    assert plain_text(cleaned, 1000, lines=50) == cleaned


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(), max_size=600) | st.sampled_from(list(EVERYTHING.values())),
    st.integers(50, 200),
    st.integers(3, 20),
)
def test_cleaned_text_is_plain_bounded_and_stays_as_it_is(text, limit, lines):
    cleaned = plain_text(text, limit, lines=lines)
    assert not odd_characters(cleaned)
    assert len(cleaned) <= limit
    assert cleaned.count("\n") < lines
    assert most_marks(cleaned) <= 4
    assert plain_text(cleaned, limit, lines=lines) == cleaned


def test_what_is_cut_keeps_start_and_end_and_says_so():
    numbers = "\n".join(map(str, range(1_000_000)))
    for cleaned in (plain_text(numbers, 1000), plain_text(numbers, 10**7, lines=50)):
        assert cleaned.startswith("0\n1\n2\n")
        assert cleaned.endswith("\n999999")
        assert CUT in cleaned
    assert CUT in plain_text("e" + "\u0301" * 10**6, 1000)  # hardly anything is left of it, and that is said


@pytest.mark.parametrize(
    "text",
    [
        "Łukasz Kowalski, Nguyễn Thị Lan, 山田太郎, محمد, שלום, नमस्ते, ภาษาไทยที่นี่, 한국어",
        unicodedata.normalize("NFD", "Nguyễn Thị Lan, Zoë"),
        "a < b & c > d: x[0] = {1: '*'} # 100 %\n    indented\n\n∂L/∂x ≤ 1e-6 → ok ✓ 👍",
    ],
)
def test_honest_text_stays_as_it_is(text):
    assert plain_text(text) == text


def test_joiners_vanish_without_a_trace():
    assert plain_text("علی\u200cرضا") == "علیرضا"
    assert plain_text("❤\ufe0f") == "❤"


# Markdown, and the HTML made of it

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# What renderers with such an extension make links of when it stands in running text, escaped or not.
LINKIFIED = re.compile(r"(?i)https?:|ftp:|mailto:|xmpp:|//|www\.|\w\.[a-z]{2,}|\S@\S")


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "inline":
            yield from token.children or []
        else:
            yield token


def structure(markdown: str) -> list[str]:
    """What a renderer makes of it, without the words: its elements in order. Code within a line counts as text."""
    kinds = ["text" if token.type == "code_inline" else token.type for token in flat(RENDERER.parse(markdown))]
    return [kind for kind, _ in itertools.groupby(kinds)]  # escapes cut a text into several


def interpreted(markdown: str, harmless: str) -> bool:
    """The judge: whether text is more than text, compared with harmless text in its place."""
    if structure(markdown) != structure(harmless):
        return True
    return any(token.type == "text" and LINKIFIED.search(token.content) for token in flat(RENDERER.parse(markdown)))


def words(markdown: str) -> str:
    """What a reader sees of running text."""
    shown = (token.content for token in flat(RENDERER.parse(markdown)) if token.type in ("text", "code_inline"))
    return "".join(shown)


def record_with(text: str, field: str) -> dict[str, object]:
    """A record as make_record makes it, but for the text, which is put in raw."""
    record: dict[str, object] = {
        "student": "Ann", "release": "1.0", "status": "graded", "problem": "nothing", "notes": ["note"],
        "score": "1", "maximum": "2",
        "questions": [{"name": "q", "title": "Question", "score": "1", "maximum": "2"}],
        "tests": [
            {"name": "test_a", "title": "Title.", "question": "q", "points": "1", "hidden": False, "verdict": "failed",
             "message": "message", "output": "output"},
            {"name": "test_b", "title": "Hidden.", "question": "q", "points": "1", "hidden": True, "verdict": "failed",
             "message": "secret", "output": "secret"},
        ],
    }  # fmt: skip
    if field == "student":
        record["student"] = text
    elif field == "notes":
        record["notes"] = [text, text]
    elif field == "problem":
        record |= {"problem": text, "status": "does not load", "tests": []}
    elif field == "no file":
        record |= {"problem": text, "status": "no usable file", "tests": []}
    elif field == "title":
        record["questions"] = [{"name": "q", "title": text, "score": "1", "maximum": "2"}]
        record["tests"] = [{**test, "title": text} for test in record["tests"]]  # type: ignore[attr-defined]
    else:
        record["tests"] = [{**test, field: text} for test in record["tests"]]  # type: ignore[attr-defined]
    return record


FIELDS = ("student", "notes", "problem", "no file", "message", "output", "title")
MARKDOWN = {**INLINE, **ELSEWHERE, **BARE_LINKS, **BLOCKS, **BREAKOUTS, **CONTROLS}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", cases(MARKDOWN))
def test_feedback_has_the_same_structure_whatever_the_text(text, field):
    page = feedback_markdown(record_with(text, field), "Tiny")
    assert not interpreted(page, feedback_markdown(record_with("harmless", field), "Tiny"))
    assert not odd_characters(page)
    if field in ("student", "title"):
        assert one_line(text) in words(page)
    else:
        fences = [token.content for token in RENDERER.parse(page) if token.type == "fence"]
        assert any(plain_text(text).rstrip("\n") in content for content in fences)
        assert one_line(text) not in words(page)  # in a fence and nowhere else


@pytest.mark.parametrize("text", cases({**INLINE, **BARE_LINKS}))
def test_the_judge_sees_what_raw_text_does_in_a_line(text):
    raw, escaped_text = f"# Tiny: {text}\n", f"# Tiny: {escaped(text)}\n"
    changed = interpreted(raw, "# Tiny: harmless\n") or words(raw) != f"Tiny: {text}"
    assert changed
    assert not interpreted(escaped_text, "# Tiny: harmless\n")
    assert words(escaped_text) == f"Tiny: {one_line(text)}"


@pytest.mark.parametrize("text", cases(BLOCKS))
def test_the_judge_sees_what_raw_text_does_as_a_block(text):
    assert interpreted(f"before\n\n{text}\n\nafter\n", "before\n\nharmless\n\nafter\n")
    assert not interpreted(f"before\n\n{escaped(text)}\n\nafter\n", "before\n\nharmless\n\nafter\n")
    assert not interpreted(f"- {escaped(text)}\n- after\n", "- harmless\n- after\n")


@pytest.mark.parametrize("text", cases({name: text for name, text in BREAKOUTS.items() if name != "other line ends"}))
def test_the_judge_sees_what_raw_text_does_in_a_short_fence(text):
    assert interpreted(f"```text\n{text}\n```\n\nafter\n", "```text\nharmless\n```\n\nafter\n")


@pytest.mark.parametrize("text", ["a | b | c", "`a|b`", "www.evil.example | x"])
def test_a_title_stays_in_its_cell(text):
    def cells(title: str) -> list[str]:
        tokens = RENDERER.parse(f"| question | points |\n| --- | --- |\n| {title} | 1 |\n")
        return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "td_open"]

    assert cells(text)[1] != "1"
    page = feedback_markdown(record_with(text, "title"), "Tiny")
    tokens = RENDERER.parse(page)
    contents = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert [token.content for token in contents][1:] == ["1", "2"]
    assert "".join(token.content for token in contents[0].children or []).strip() == text


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", cases(SIZES))
def test_feedback_of_any_size_becomes_a_page(text, field):
    page = feedback_markdown(record_with(text, field), "Tiny")
    assert len(page) < 20_000
    assert page.count("\n") < 200
    harmless = " " if field == "output" and not text.strip() else "harmless"  # blank output is not shown at all
    assert not interpreted(page, feedback_markdown(record_with(harmless, field), "Tiny"))


# Spreadsheets


def evaluates(cell: str) -> bool:
    """The judge: whether some spreadsheet takes a cell for a formula."""
    return unicodedata.normalize("NFKC", cell).strip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r")


def formulas_in(table: str) -> list[str]:
    """Cells that are formulas, whatever separator and whether or not the spreadsheet skips spaces after it."""
    found = []
    for delimiter, skips in itertools.product(",;\t|", (True, False)):
        rows = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter, skipinitialspace=skips)
        found += [cell for row in rows for cell in row if evaluates(cell)]
    return found


def raw_csv(name: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([["student", "score", "status"], [name, "10", "graded"]])
    return stream.getvalue()


@pytest.mark.parametrize("name", cases(FORMULAS))
def test_the_judge_sees_what_raw_names_do_in_a_table(name):
    assert formulas_in(raw_csv(name))


def table_of(*records: dict[str, object]) -> str:
    """scores.csv of a class with these records."""
    return scores_csv([summary_of(Submission(str(i), str(i)), record) for i, record in enumerate(records)])


@pytest.mark.parametrize("name", cases({**FORMULAS, **QUOTED}))
def test_no_spreadsheet_evaluates_a_name(name):
    table = table_of(record_with(name, "student"))
    assert not formulas_in(table)
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert rows[0] == ["student", "score", "maximum", "q", "status"]
    assert rows[1:] == [[csv_cell(name), "1", "2", "1", "graded"]]
    assert csv_cell(name).removeprefix("'") == name


@pytest.mark.parametrize("name", ["Ann", "O'Connor", "Al-Sayed", "a=b", "x, y", 'the "one"', "Zoë @ home", "山田"])
def test_honest_names_are_written_as_they_are(name):
    table = table_of(record_with(name, "student"), record_with("Bob", "student"))
    assert [row["student"] for row in csv.DictReader(io.StringIO(table))] == [name, "Bob"]


def test_numbers_are_numbers_and_no_score_is_no_number():
    unknown = {**record_with("Bob", "student"), "score": None, "status": "error"}
    table = table_of(record_with("Ann", "student"), unknown)
    assert table == '"student","score","maximum","q","status"\n"Ann",1,2,1,"graded"\n"Bob","",2,"","error"\n'


# Records

TESTS = (
    TestInfo("test_double", "double", Decimal(6), False, "Doubles."),
    TestInfo("test_halve", "halve", Decimal(4), True, "Halves."),
)


def record_of(tiny: Assignment, text: str, *, broken: str = "") -> dict[str, object]:
    """The record that hostile text in every place of a graded submission makes."""
    engine = FakeEngine(tiny)
    engine.tests = TESTS
    outcomes = tuple(TestOutcome(test.name, "failed", text, text, text) for test in TESTS)
    graded = Graded(
        "0",
        outcomes,
        load_error=text if broken == "load" else None,
        notes=(text, text),
        error=text if broken == "grader" else None,
    )
    submission = Submission(text, "slug", note=text)
    return make_record(tiny, engine, submission, graded, "fingerprint")  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", ["", "load", "grader"])
@pytest.mark.parametrize("text", cases({**CONTROLS, **SIZES}))
def test_records_hold_plain_bounded_text(tiny, text, broken):
    assert odd_characters(text) or len(text) > 10_000
    record = record_of(tiny, text, broken=broken)
    written = to_json(record)
    assert json.loads(written.encode("utf-8")) == record
    assert not odd_characters(written)
    assert len(written) < 100_000
    jsonschema.validate(record, SCHEMA)
    for line in table_of(record).splitlines():
        assert not odd_characters(line)
    assert len(feedback_markdown(record, "Tiny")) < 40_000


def test_the_raw_record_could_not_even_be_written():
    with pytest.raises(UnicodeEncodeError):
        to_json({"output": CONTROLS["lone surrogates"]}).encode("utf-8")


# The terminal


def shown(records: list[dict[str, object]], tiny: Assignment, left_out: tuple[str, ...] = (), width: int = 100) -> str:
    """All that the grader sees of a batch."""
    console = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    intake = Intake(tuple(Submission(str(record["student"]), "slug") for record in records), left_out)
    summaries = tuple(summary_of(Submission("", str(i)), record) for i, record in enumerate(records))
    moves = tuple(Move(summary, summary, 1) for summary in summaries)
    with Screen(console, tiny, intake) as screen:
        screen.start(FakeEngine(tiny), {"new": len(records)})  # type: ignore[arg-type]
        for summary in summaries:
            screen.summary(summary)
        report = Report(Path("gradebook"), 2, summaries, True, 0, 1.0, "cpu", "none", 0, changed=moves)
        screen.close(report, Path("out"))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@pytest.mark.parametrize("text", cases(CONTROLS))
def test_nothing_reaches_the_terminal_but_letters(tiny, text):
    raw = Console(file=io.StringIO(), width=100, color_system=None)
    raw.print(Text(text), soft_wrap=True)
    if text not in ("0 points\r100 points", "a\x0bb\x0cc", "failed\b\b\b\b\b\bpassed"):  # rich takes care of these
        assert odd_characters(raw.file.getvalue())
    broken = {**record_with(text, "student"), "status": "error", "score": None, "problem": text}
    for record in (record_with(text, "student"), record_with(text, "problem"), broken):
        screen = shown([record], tiny, left_out=(text,))
        assert not odd_characters(screen.replace(LRM, ""))


@pytest.mark.parametrize("text", ["[red]x[/red]", "[link=x]y[/link]", "[/]", "[@click=x]y[/]", ":cross_mark:"])
def test_markup_of_the_screen_library_is_text(tiny, text):
    raw = Console(file=io.StringIO(), width=100)
    try:
        raw.print(text)
        assert text not in raw.file.getvalue()
    except Exception as error:
        assert type(error).__name__ == "MarkupError"
    screen = shown([record_with(text, "student"), record_with(text, "problem")], tiny, left_out=(text,))
    assert screen.count(text) >= 3


@pytest.mark.parametrize("text", cases(SIZES))
def test_a_flood_leaves_the_screen_as_long_as_it_was(tiny, text):
    def records(text: str) -> list[dict[str, object]]:
        broken = {**record_with(text, "problem"), "status": "error", "score": None}
        return [record_with(text, "student"), record_with(text, "problem"), broken]

    calm, flooded = (shown(records(words), tiny, left_out=(words,)).splitlines() for words in ("harmless", text))
    assert len(flooded) <= len(calm) + 15  # the three long lines may fold
    assert all(cell_len(line) <= 100 for line in flooded)
    for line in flooded:
        assert most_marks(line) <= 4


@pytest.mark.parametrize("remark", ["漢字" * 200, "x" * 400, "e\u0301\u0301\u0301" * 200])
def test_a_remark_of_any_letters_leaves_names_and_scores_whole(tiny, remark):
    record = {**record_with(remark, "problem"), "student": "Annabelle", "score": "1"}
    row = next(line for line in shown([record], tiny).splitlines() if "Annabelle" in line)
    assert row.split()[1:3] == ["1", "2"]
    assert row.count("█") + row.count("░") == 20
    assert cell_len(row) <= 100


def direction_before(line: str, position: int) -> str:
    """The direction of the last letter before a place in a line: what a terminal orders the numbers after it by."""
    kinds = [unicodedata.bidirectional(character) for character in line[:position]]
    return next(kind for kind in reversed(kinds) if kind in ("L", "R", "AL"))


@pytest.mark.parametrize("name", ["שלום", "محمد", "Ann שלום", "שלום" * 20])
def test_a_name_from_right_to_left_does_not_swap_score_and_maximum(tiny, name):
    assert direction_before(f"{name}  1  2", len(name)) in ("R", "AL")
    row = next(line for line in shown([record_with(name, "student")], tiny).splitlines() if "█" in line)
    assert direction_before(row, re.search(r"\d", row).start()) == "L"  # type: ignore[union-attr]


# Everything together, through the real engine

HOSTILE_MODULE = """
import os

TEXT = {text!r}

class Evil(ValueError):
    pass

Evil.__name__ = Evil.__qualname__ = "E" + TEXT.encode("utf-8", "ignore").decode().replace(chr(0), "")

class Text(str):
    def __repr__(self):
        return TEXT
    __str__ = __format__ = __repr__

def double(x):
    os.write(1, TEXT[:20000].encode("utf-8", "surrogatepass"))
    raise Evil(TEXT)

def halve(x):
    return Text(TEXT)
"""
HOSTILE = {
    "controls": "".join(CONTROLS.values()),
    "markdown": "\n".join([*INLINE.values(), *BARE_LINKS.values(), *BLOCKS.values(), *BREAKOUTS.values()]),
    # Not all of it: a worker has two seconds to compile it, on machines that are busy with other tests.
    "lines": SIZES["a million lines"][:500_000],
    "marks": SIZES["a pile of marks"][:200_000],
}
NAMES = {  # file names: no slash, no null, 255 bytes at most
    "=HYPERLINK(1)": GOOD, "＝1+1": GOOD, "x;=1+1": GOOD, "\x1b[31mred": GOOD, "<script>alert(1)": GOOD,
    "# heading": GOOD, "[a](b)": "def double(x:\n", "www.evil.example": GOOD, "`tick": GOOD, "\u202e001 nna": GOOD,
    "e" + "\u0301" * 100: GOOD, "שלום": GOOD, "ann\udcff": GOOD, "two\nlines": "raise ValueError('\\x1b[2J' * 1000)\n",
    **{name: HOSTILE_MODULE.format(text=text) for name, text in HOSTILE.items()},
}  # fmt: skip


def notebook(cell: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def test_a_hostile_class_is_graded_like_any_other(tmp_path, tiny):
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    for name, source in NAMES.items():
        (folder / name).mkdir()
        (folder / name / "tiny.py").write_text(source, encoding="utf-8", errors="surrogatepass")
    for name, text in HOSTILE.items():
        cell = GOOD + f"raise ValueError({text!r})\n"
        (folder / f"notebook {name}.ipynb").write_text(notebook(cell))
    (folder / "\x1b]0;owned\x07.pdf").touch()
    console = Console(file=io.StringIO(), width=100, highlight=False, color_system=None)
    intake = find_submissions(folder, "tiny")
    with Screen(console, tiny, intake) as screen:
        options = Options(out, jobs=2, device="cpu")
        batch = Batch(tiny, intake, options, on_start=screen.start, on_summary=screen.summary)
        report = batch.run()
    screen.close(report, out)
    assert len(report.summaries) == len(NAMES) + len(HOSTILE)
    assert not report.errors
    assert not odd_characters(console.file.getvalue().replace(LRM, ""))
    assert not formulas_in((out / "scores.csv").read_text())
    elements = set()
    for path in (out / "feedback").iterdir():
        page = path.read_text()
        assert not odd_characters(page)
        assert len(page) < 40_000
        elements |= set(structure(page))
        assert not [t for t in flat(RENDERER.parse(page)) if t.type == "text" and LINKIFIED.search(t.content)]
    allowed = r"(heading|paragraph|strong|table|thead|tbody|tr|th|td|bullet_list|list_item)_(open|close)|text|fence"
    assert all(re.fullmatch(allowed, kind) for kind in elements), elements
    for path in (out / "results").iterdir():
        written = path.read_text()
        assert not odd_characters(written)
        jsonschema.validate(json.loads(written), SCHEMA)
        assert len(written) < 100_000
    lost = {s.student: s.problem for s in report.summaries if s.score != 10}
    assert len(lost) == len(NAMES) - list(NAMES.values()).count(GOOD), lost
    said = {record["student"]: json.dumps(record["tests"]) for record in report.records()}
    assert all("raised E" in said[name] for name in HOSTILE)  # so its text was there to be shown
