"""The page of a verification: what was graded, what does not hold, the kill matrices, and what is left unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from autograder.core.decimals import plain_decimal
from autograder.core.outcome import TestInfo
from autograder.errors import ReportError
from autograder.report.charts import width
from autograder.report.page import is_our_page, render
from autograder.verify.facts import Answer, Finding, Kind, Verification
from autograder.verify.feedback import Rates, rates, share
from autograder.verify.matrix import STATES, Matrix, Row, draw, matrix_of, overview, plain_name
from autograder.verify.tally import Tally, tallies

NAME = "verify.html"
RIGHT: tuple[Kind, ...] = ("solution", "variant")
_MODES = {
    "sandbox": "in the sandbox, as autograder grade does",
    "local": "by local pytest, as students do",
    "notebook": "in the sandbox, as notebooks",
    "otter": "by otter's bundle",
    "gradescope": "by Gradescope's bundle",
}


@dataclass(frozen=True)
class Share:
    """So many of so many; None of none."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """Between 0 and 1."""
        return share(self.part, self.whole)

    def __str__(self) -> str:
        return f"{self.part} of {self.whole}" if self.whole else "–"

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True)
class TestRow:
    """A test, and what it is good for.

    Attributes:
        test: which.
        number: of its question.
        caught: how many mutants fail it.
        alone: how many of them fail nothing else.
    """

    test: TestInfo
    number: int
    caught: int
    alone: int


@dataclass(frozen=True)
class Section:
    """An assignment on the page.

    Attributes:
        verification: all of it.
        right, caught, automatic: right answers with full marks; mutants, and automatic ones that are not declared
            equivalent, that lose marks.
        stub: tests that the stub passes; None where it was not graded.
        matrix, picture: of the hand-written mutants; the picture is None where there are none.
        rates: of messages and diagnoses.
        tests: in order.
        survivors, equivalents: of the automatic mutants.
        cpu: seconds of computing in all.
    """

    verification: Verification
    right: Share
    caught: Share
    automatic: Share
    stub: int | None
    matrix: Matrix
    picture: Markup | None
    rates: Rates
    tests: Sequence[TestRow]
    survivors: Sequence[Answer]
    equivalents: Sequence[Answer]
    cpu: float

    @property
    def broken(self) -> list[Finding]:
        """Claims that do not hold."""
        return [finding for finding in self.verification.findings if finding.broken]

    @property
    def remarks(self) -> list[Finding]:
        """The other findings."""
        return [finding for finding in self.verification.findings if not finding.broken]

    @property
    def runs(self) -> list[tuple[str, int, int, int]]:
        """For each mode: in words, how many answers, on how many seeds, and gradings in all."""
        found = []
        for mode, words in _MODES.items():
            of_mode = [result for result in self.verification.results if result.mode == mode]
            answers, seeds = {result.answer for result in of_mode}, {result.seed for result in of_mode}
            if of_mode:
                found.append((words, len(answers), len(seeds), len(of_mode)))
        return found


def write(folder: Path, verifications: Sequence[Verification]) -> Path:
    """Write the page into a folder; returns its path.

    Raises:
        ReportError: there is a file of that name that is no page of ours, or it can't be written.
    """
    path = folder / NAME
    if path.exists() and not is_our_page(path):
        raise ReportError(f"{path} is not a page that autograder made; move it, or choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(page(verifications), encoding="utf-8", errors="replace")
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from None
    return path


def page(verifications: Sequence[Verification]) -> str:
    """The page's text."""
    sections = [_section(verification) for verification in verifications]
    drawn = [section.matrix for section in sections if section.matrix.rows]
    return render(
        "verify.html",
        styles=("base.css", "staff.css", "verify.css"),
        sections=sections,
        numbers=_numbers(sections),
        overview=overview(drawn) if drawn else None,
        legend=STATES,
        width=width,
        share=share,
        percent=_percent,
        decimal=plain_decimal,
        plain=plain_name,
    )


def _percent(rate: float) -> str:
    """With one decimal; only all is 100 and only none is 0."""
    shown = f"{100 * rate:.1f}"
    if (shown == "100.0") != (rate == 1) or (shown == "0.0") != (rate == 0):
        return "> 99.9 %" if rate > 0.5 else "< 0.1 %"
    return f"{shown.removesuffix('.0')} %"


def _numbers(sections: Sequence[Section]) -> list[tuple[str, str]]:
    """What stands above all."""
    nothing = Share(0, 0)
    right = sum((section.right for section in sections), nothing)
    caught = sum((section.caught for section in sections), nothing)
    automatic = sum((section.automatic for section in sections), nothing)
    told = Rates([pair for section in sections for pair in section.rates.pairs])
    found = [
        ("claims that do not hold", str(sum(len(section.broken) for section in sections))),
        ("right answers with full marks", str(right)),
        ("mutants caught", str(caught)),
    ]
    if automatic.whole:
        found.append(("automatic mutants caught", _percent(automatic.rate)))
    if told.pairs:
        found.append(("wrong diagnoses", str(told.diagnosed("wrong"))))
    return [*found, ("gradings", f"{sum(len(section.verification.results) for section in sections):,}")]


def _section(verification: Verification) -> Section:
    matrix, automatic = matrix_of(verification), matrix_of(verification, "automatic").all_rows
    counts = {tally.kind: tally for tally in tallies(verification)}
    right = [Share(one.answers - one.killed, one.answers) for kind, one in counts.items() if kind in RIGHT]
    return Section(
        verification,
        sum(right, Share(0, 0)),
        _caught(counts.get("mutant")),
        _caught(counts.get("automatic")),
        _earned_by_stub(verification),
        matrix,
        draw(matrix) if matrix.rows and verification.tests else None,
        rates(verification),
        _test_rows(verification, [*matrix.all_rows, *automatic]),
        [row.answer for row in automatic if not row.answer.equivalent and not row.killed],
        [row.answer for row in automatic if row.answer.equivalent],
        sum(result.cpu for result in verification.results),
    )


def _caught(tally: Tally | None) -> Share:
    return Share(tally.killed, tally.answers) if tally is not None else Share(0, 0)


def _earned_by_stub(verification: Verification) -> int | None:
    stubs = {answer.name for answer in verification.answers if answer.kind == "stub"}
    of_stubs = [result for result in verification.results if result.answer in stubs and result.mode == "sandbox"]
    return max((len(result.tests) - len(result.failed) for result in of_stubs), default=None)


def _test_rows(verification: Verification, rows: Sequence[Row]) -> list[TestRow]:
    falls = [[test for test, state in row.states.items() if state != "survived"] for row in rows]
    caught = Counter(test for tests in falls for test in tests)
    alone = Counter(tests[0] for tests in falls if len(tests) == 1)
    questions = list(dict.fromkeys(test.question for test in verification.tests))
    return [
        TestRow(test, questions.index(test.question) + 1, caught[test.name], alone[test.name])
        for test in verification.tests
    ]
