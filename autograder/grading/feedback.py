"""feedback/<student>.md: what the student reads. Of hidden tests it says what staff chose, never message or data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line, plain_text
from autograder.grading.results import ERROR, NO_FILE, NOT_LOADED

MESSAGE, OUTPUT = 4000, 1200  # characters of a message, and of printed text, that are shown
LINES = 60  # of either
# What some renderers make a link of without any markup, escaped or not: evil.com, https://x, mailto:x, a@b.
_LINK = re.compile(r"(?i)\w\.[^\W\d]|//|@|\b(?:mailto|xmpp|tel|javascript|data):")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!$^=:])")
_LIST = re.compile(r"^([-+]|\d+(?=[.)]))")  # at the start of a line


def feedback_markdown(record: Mapping[str, Any], title: str, *, hidden: str = "title") -> str:
    """A record as Markdown for its student.

    Args:
        title: the assignment's.
        hidden: what is said of hidden tests that failed (``core.assignment.ReportRules``).
    """
    return "\n".join(_lines(record, title, hidden)) + "\n"


def _lines(record: Mapping[str, Any], title: str, hidden: str) -> Iterator[str]:
    yield f"# {escaped(title)}: {escaped(record['student'])}"
    yield ""
    if record["status"] == ERROR:
        yield "The grader could not grade this submission. That is not your fault and not a score: it is graded again."
        return
    yield f"**{record['score']} of {record['maximum']} points** (release {record['release']})"
    yield ""
    if record["status"] == NO_FILE:
        yield from _block("There was nothing to grade:", record["problem"])
    if record["status"] == NOT_LOADED:
        yield from _block("Your file could not be imported, so no test could run:", record["problem"])
        yield "Run `pytest` in your folder: it shows the same message with the place in your file."
        yield ""
    if record["notes"]:
        yield from _block("Remarks on your file:", "\n".join(record["notes"]))
    yield from _questions(record)
    if record["status"] not in (NO_FILE, NOT_LOADED):
        yield from _failures(record, hidden)


def _questions(record: Mapping[str, Any]) -> Iterator[str]:
    yield "| question | points | of |"
    yield "| --- | ---: | ---: |"
    for question in record["questions"]:
        yield f"| {_cell(question['title'])} | {question['score']} | {question['maximum']} |"
    yield ""


def _failures(record: Mapping[str, Any], shown: str) -> Iterator[str]:
    failed = [test for test in record["tests"] if test["verdict"] != "passed"]
    public = [test for test in failed if not test["hidden"]]
    hidden = [test for test in failed if test["hidden"]]
    if not failed:
        yield "Every test passed."
        return
    if not public and shown == "none":
        yield "Every test that you can run yourself passed."
    if public:
        yield "## Tests that you can run yourself"
        yield ""
    for test in public:
        yield f"### {escaped(test['title'] or test['name'])} ({_points(test)})"
        yield ""
        yield from _block(f"`pytest -k {test['name']}` says:", test["message"])
        if test["output"].strip():
            yield from _block("Your code printed:", test["output"], OUTPUT)
    if hidden and shown != "none":
        yield "## Hidden tests that failed"
        yield ""
        if shown == "count":
            points = plain_decimal(sum((Decimal(test["points"]) for test in hidden), Decimal(0)))
            yield f"- {len(hidden)}, worth {_counted(points)} together"
        else:
            yield from (f"- {escaped(test['title'] or test['name'])} ({_points(test)})" for test in hidden)
        yield ""
        yield "Their data stays hidden. The handout states every rule that they check."


def told(test: Mapping[str, Any]) -> str:
    """A public test's message and what was printed meanwhile, as plain text for other systems."""
    text = plain_text(test["message"], MESSAGE, lines=LINES)
    if test["output"].strip():
        text += f"\n\nYour code printed:\n{plain_text(test['output'], OUTPUT, lines=LINES)}"
    return text


def _points(test: Mapping[str, Any]) -> str:
    return _counted(test["points"])


def _counted(points: str) -> str:
    return f"{points} point{'' if points == '1' else 's'}"


def _block(lead: str, text: str, limit: int = MESSAGE) -> Iterator[str]:
    """A line, and text in a fence that is longer than any run of backticks within it."""
    plain = plain_text(text, limit, lines=LINES).rstrip("\n")
    fence = "`" * max(3, _longest_run(plain) + 1)
    yield lead
    yield ""
    yield f"{fence}text"
    yield plain
    yield fence
    yield ""


def escaped(text: str) -> str:
    """Text that Markdown, and the HTML made of it, show as it stands, on one line.

    What could become a link is shown as code, within which nothing is interpreted.
    """
    line = one_line(text)
    if _LINK.search(line):
        ticks = "`" * (_longest_run(line) + 1)
        return f"{ticks} {line} {ticks}"
    escapes = _MARKUP.sub(r"\\\1", line)
    return _LIST.sub(lambda start: f"\\{start[1]}" if start[1] in "-+" else f"{start[1]}\\", escapes)


def _cell(text: str) -> str:
    """Text for a table, which is split at bars before code is seen."""
    return re.sub(r"(?<!\\)\|", r"\\|", escaped(text))


def _longest_run(text: str) -> int:
    """Length of the longest run of backticks."""
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
