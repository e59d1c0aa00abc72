"""JUnit XML of a run, for whatever shows test results: a suite a student, a case a test. For staff: hidden tests too.

As Jenkins' schema has it (junit-10.xsd of its xUnit plugin), which is also what pytest writes.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from autograder.core.decimals import plain_decimal
from autograder.core.text import one_line
from autograder.course.final import Final
from autograder.gradebook.exports.marks import Marks
from autograder.gradebook.exports.writing import whole_file
from autograder.gradebook.model import Entry

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0, even as a reference
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={}>\n'


def write_junit(marks: Marks, path: Path) -> int:
    """Write all suites into one file; returns how many. One student's is in memory at a time."""
    count = 0
    with whole_file(path) as stream:
        stream.write(_HEAD.format(quoteattr(marks.assignment.name)).encode())
        for final, entry in marks.entries():
            suite = _suite(marks, final, entry)
            ElementTree.indent(suite)
            stream.write(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=False) + b"\n")
            count += 1
        stream.write(b"</testsuites>\n")
    return count


def _suite(marks: Marks, final: Final, entry: Entry) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", {"name": _legal(entry.summary.student), "id": entry.summary.slug})
    suite.set("package", marks.assignment.name)
    suite.set("timestamp", marks.run.started.replace(tzinfo=None).isoformat(timespec="seconds"))
    if "total" in entry.seconds:
        suite.set("time", f"{entry.seconds['total']:.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _facts(final).items():
        ElementTree.SubElement(properties, "property", name=name, value=_legal(value))
    cases = _cases(marks, entry)
    suite.extend(cases)
    for outcome, word in (("failure", "failures"), ("error", "errors")):
        suite.set(word, str(sum(case.find(outcome) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    return suite


def _facts(final: Final) -> dict[str, str]:
    summary = final.summary
    facts = {
        "status": summary.status,
        "score": None if summary.score is None else plain_decimal(summary.score),
        "final": None if final.score is None else plain_decimal(final.score),
        "maximum": plain_decimal(summary.maximum),
        "note": final.note,
    }
    return {name: value for name, value in facts.items() if value}


def _cases(marks: Marks, entry: Entry) -> list[ElementTree.Element]:
    """A case a test. What was not tested at all is one case of its own, so that nobody's suite looks fine."""
    record = entry.record
    cases = []
    for test in record["tests"]:
        case = _case(marks, test["question"], test["name"])
        if test["verdict"] != "passed":
            _add(case, "failure" if test["verdict"] == "failed" else "error", test.get("message", ""))
        if test.get("output"):
            ElementTree.SubElement(case, "system-out").text = _legal(test["output"])
        cases.append(case)
    if record["status"] == "error" or not cases:
        case = _case(marks, "submission", "is graded")
        _add(case, "error" if record["status"] == "error" else "failure", record.get("problem") or record["status"])
        cases.append(case)
    return cases


def _case(marks: Marks, question: str, name: str) -> ElementTree.Element:
    return ElementTree.Element("testcase", classname=f"{marks.assignment.name}.{_legal(question)}", name=_legal(name))


def _add(case: ElementTree.Element, kind: str, text: str) -> None:
    element = ElementTree.SubElement(case, kind, type=kind, message=_legal(one_line(text.partition("\n")[0])))
    element.text = _legal(text)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
