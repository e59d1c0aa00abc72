"""feedback/<student>.md: what the student reads. Hidden tests appear by title and points, never by message or data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.core.text import plain_text
from autograder.grading.results import ERROR, NO_FILE, NOT_LOADED

_OUTPUT = 1200  # characters of printed text that are shown


def feedback_markdown(record: Mapping[str, Any], title: str) -> str:
    """A record as Markdown for its student."""
    return "\n".join(_lines(record, title)) + "\n"


def _lines(record: Mapping[str, Any], title: str) -> Iterator[str]:
    yield f"# {escaped(title)}: {escaped(record['student'])}"
    yield ""
    if record["status"] == ERROR:
        yield "The grader could not grade this submission. That is not your fault and not a score: it is graded again."
        return
    yield f"**{record['score']} of {record['maximum']} points**"
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
        yield from _failures(record)


def _questions(record: Mapping[str, Any]) -> Iterator[str]:
    yield "| question | points | of |"
    yield "| --- | ---: | ---: |"
    for question in record["questions"]:
        yield f"| {escaped(question['title'])} | {question['score']} | {question['maximum']} |"
    yield ""


def _failures(record: Mapping[str, Any]) -> Iterator[str]:
    failed = [test for test in record["tests"] if test["verdict"] != "passed"]
    public = [test for test in failed if not test["hidden"]]
    hidden = [test for test in failed if test["hidden"]]
    if not failed:
        yield "Every test passed."
        return
    if public:
        yield "## Tests that you can run yourself"
        yield ""
    for test in public:
        yield f"### {escaped(test['title'] or test['name'])} ({_points(test)})"
        yield ""
        yield from _block(f"`pytest -k {test['name']}` says:", test["message"])
        if test["output"].strip():
            yield from _block("Your code printed:", plain_text(test["output"], _OUTPUT))
    if hidden:
        yield "## Hidden tests that failed"
        yield ""
        for test in hidden:
            yield f"- {escaped(test['title'] or test['name'])} ({_points(test)})"
        yield ""
        yield "Their data stays hidden. The handout states every rule that they check."


def _points(test: Mapping[str, Any]) -> str:
    return f"{test['points']} point{'' if test['points'] == '1' else 's'}"


def _block(lead: str, text: str) -> Iterator[str]:
    """A line, and text in a fence that is longer than any run of backticks within it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield lead
    yield ""
    yield f"{fence}text"
    yield text.rstrip("\n")
    yield fence
    yield ""


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it stands, on one line."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", one_line)
