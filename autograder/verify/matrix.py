"""The kill matrix: which tests fail at which mutants, as a picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from autograder.core.outcome import TestInfo
from autograder.report.svg import element, line, number, picture, text
from autograder.verify.facts import Answer, Kind, Result, Verification

State = Literal["named", "unmet", "extra", "survived"]
STATES: Mapping[State, str] = {
    "named": "fails a test that it names",
    "unmet": "names a test that was left out",
    "extra": "fails a test that it does not name",
    "survived": "passes a test that it names",
}
_CELL = 10.0  # of the large picture
_TOP_SPACE, _GROUP_SPACE, _LETTER = 8.0, 18.0, 4.9  # above column names, above a group of rows, a letter's width
_SHORT, _LONG_NAME = 46, 60  # characters of names that are drawn
_OVERVIEW, _TALLEST = 1072.0, 380.0  # size of the small pictures together
_GAP, _CAPTION, _WIDE_LETTER = 28.0, 56.0, 6.6


@dataclass(frozen=True)
class Row:
    """A mutant.

    Attributes:
        answer: which.
        states: by test; what is not in it has passed, as it should, or was left out.
        killed: whether it fails any test, or can't be imported.
    """

    answer: Answer
    states: Mapping[str, State]
    killed: bool


@dataclass(frozen=True)
class Matrix:
    """Mutants by tests, both in groups by question.

    Attributes:
        name, title: of the assignment.
        columns: each question's tests.
        rows: the mutants of that question's functions; "" for those that belong to none.
    """

    name: str
    title: str
    columns: Mapping[str, Sequence[TestInfo]]
    rows: Mapping[str, Sequence[Row]]

    @property
    def all_rows(self) -> list[Row]:
        """From top to bottom."""
        return [row for group in self.rows.values() for row in group]

    @property
    def tests(self) -> list[TestInfo]:
        """From left to right."""
        return [test for group in self.columns.values() for test in group]

    def count(self, state: State) -> int:
        """How many cells are in a state."""
        return sum(one == state for row in self.all_rows for one in row.states.values())


def matrix_of(verification: Verification, kind: Kind = "mutant") -> Matrix:
    """What the sandbox showed of the mutants graded there; a test catches one only where it fails on every seed."""
    columns: dict[str, list[TestInfo]] = defaultdict(list)
    for test in verification.tests:
        columns[test.question].append(test)
    results: dict[str, list[Result]] = defaultdict(list)
    for result in verification.results:
        if result.mode == "sandbox":
            results[result.answer].append(result)
    wrong = [answer for answer in verification.answers if answer.kind == kind and answer.name in results]
    rows = [_row(answer, results[answer.name]) for answer in wrong]
    questions = {test.name: test.question for test in verification.tests}
    return Matrix(verification.name, verification.title, dict(columns), _grouped(rows, questions, list(columns)))


def _row(answer: Answer, results: Sequence[Result]) -> Row:
    met = {name for result in results for name in result.tests}
    failed = {name for result in results for name in result.failed}
    passed = {name for result in results for name in result.tests.keys() - result.failed}
    states: dict[str, State] = {}
    for name in answer.fails | failed:
        if name not in answer.fails:  # an automatic mutant names none: whatever it fails is as it should be
            states[name] = "extra" if answer.kind == "mutant" else "named"
        elif name in met:
            states[name] = "survived" if name in passed else "named"
        else:
            states[name] = "unmet"
    killed = bool(failed) or any(result.load_error is not None for result in results)
    return Row(answer, states, killed)


def _grouped(rows: Sequence[Row], questions: Mapping[str, str], order: Sequence[str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {question: [] for question in [*order, ""]}
    for row in rows:
        groups[_home(row, questions, order)].append(row)
    return {
        question: sorted(group, key=lambda row: (sorted(row.answer.changed), row.answer.name))
        for question, group in groups.items()
        if group
    }


def _home(row: Row, questions: Mapping[str, str], order: Sequence[str]) -> str:
    """The question whose name is that of the function that is wrong, or begins so; else the one that it fails most."""
    functions = [_plain(name) for name in row.answer.changed]
    by_name = [question for question in order if any(_plain(question) in function for function in functions)]
    if by_name:
        return max(by_name, key=len)
    failures = Counter(questions[test] for test in row.states if test in questions)
    return max(order, key=failures.__getitem__) if failures else ""


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def plain_name(name: str) -> str:
    """A test's or an answer's name without what all of them have in front."""
    return name.removeprefix("test_").rpartition("/")[2] if "`" not in name else name


# ---------------------------------------------------------------------------------------------------------------------
# The large picture: one assignment, with names
# ---------------------------------------------------------------------------------------------------------------------


def draw(matrix: Matrix) -> Markup:
    """Every mutant and every test by name."""
    names = [_cut(plain_name(row.answer.name), _SHORT) for row in matrix.all_rows]
    left = max([*(_LETTER * len(name) for name in names), 60.0]) + 10
    top = _LETTER * max(len(_cut(plain_name(test.name), _LONG_NAME)) for test in matrix.tests) + _TOP_SPACE + 14
    place = _Place(matrix, left, top)
    parts = [*_column_names(place), *_group_lines(place), *_row_groups(place)]
    said = (
        f"{len(names)} mutants by {len(matrix.tests)} tests: "
        + ", ".join(f"{matrix.count(state)} times a mutant {what}" for state, what in STATES.items())
        + ". The tables below say the same in words."
    )
    width, height = place.right + 4, place.bottom + 4
    return picture(width, height, f"Kill matrix of {matrix.title}", said, *parts, class_="matrix", fixed=True)


class _Place:
    """Where rows and columns are."""

    def __init__(self, matrix: Matrix, left: float, top: float):
        self.matrix, self.left, self.top = matrix, left, top
        self.x = {test.name: left + i * _CELL for i, test in enumerate(matrix.tests)}
        self.right = left + len(matrix.tests) * _CELL
        self.heads: dict[str, float] = {}
        self.y: dict[str, float] = {}
        at = top
        for question, rows in matrix.rows.items():
            self.heads[question] = at + _GROUP_SPACE
            at += _GROUP_SPACE
            for row in rows:
                self.y[row.answer.name] = at
                at += _CELL
        self.bottom = at


def _column_names(place: _Place) -> Iterator[Markup]:
    """Tests from bottom to top; a number for each question where its tests begin."""
    for i, (question, tests) in enumerate(place.matrix.columns.items()):
        x = place.x[tests[0].name]
        yield element("g", element("title", question), text(x + 1, 10, str(i + 1), "strong"))
        for test in tests:
            x, y = place.x[test.name] + _CELL - 2.2, place.top - 4
            said = f"{test.name}{' (hidden)' if test.hidden else ''}: {test.title}"
            turned = element(
                "text",
                element("title", said),
                _cut(plain_name(test.name), _LONG_NAME),
                transform=f"translate({number(x)} {number(y)}) rotate(-90)",
                class_="name label" if test.hidden else "name",
            )
            yield turned


def _group_lines(place: _Place) -> Iterator[Markup]:
    for tests in place.matrix.columns.values():
        x = place.x[tests[0].name]
        yield line(x, 2, x, place.bottom, "grid")
    yield line(place.right, 2, place.right, place.bottom, "grid")


def _row_groups(place: _Place) -> Iterator[Markup]:
    numbers = {question: f"{i + 1} {question}" for i, question in enumerate(place.matrix.columns)}
    for question, rows in place.matrix.rows.items():
        y = place.heads[question]
        yield text(0, y - 5, numbers.get(question, "caught by no test"), "strong")
        yield line(0, y, place.right, y, "grid")
        for row in rows:
            yield _drawn_row(place, row)


def _drawn_row(place: _Place, row: Row) -> Markup:
    y = place.y[row.answer.name]
    name = plain_name(row.answer.name)
    band = element("rect", x=0.0, y=y, width=place.right, height=_CELL, class_="band")
    label = text(place.left - 6, y + _CELL - 2.2, _cut(name, _SHORT), "name", "end")
    cells = [
        _cell(place.x[test], y, state, f"{name} {STATES[state]}: {plain_name(test)}")
        for test, state in row.states.items()
        if test in place.x
    ]
    return element("g", band, label, *cells, class_="row")


def _cell(x: float, y: float, state: State, said: str) -> Markup:
    """A square; what is not as it should be also has another form, for those who don't see its colour."""
    title = element("title", said)
    if state in ("named", "unmet"):
        return element("rect", title, x=x + 1, y=y + 1, width=_CELL - 2, height=_CELL - 2, class_=state)
    if state == "extra":
        a, b, c, d = (number(value) for value in (x + 2, x + _CELL - 2, y + 2, y + _CELL - 2))
        return element("path", title, d=f"M{a} {c}L{b} {d}M{a} {d}L{b} {c}", class_=state)
    return element("circle", title, cx=x + _CELL / 2, cy=y + _CELL / 2, r=3.4, class_=state)


def _cut(name: str, length: int) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


# ---------------------------------------------------------------------------------------------------------------------
# The small picture: several assignments, without names
# ---------------------------------------------------------------------------------------------------------------------


def overview(matrices: Sequence[Matrix]) -> Markup:
    """All assignments side by side, each row a mutant and each column a test."""
    tallest = max(len(one.all_rows) for one in matrices)
    room = _OVERVIEW - _GAP * (len(matrices) - 1)
    across = min(room / sum(len(one.tests) for one in matrices), 8.0)
    down = min(_TALLEST / max(tallest, 1), across)
    blocks, x = [], 0.0
    for one in matrices:
        blocks.append(element("g", *_block(one, across, down), transform=f"translate({number(x)} 0)"))
        x += max(across * len(one.tests), *(_WIDE_LETTER * len(words) for words in _captions(one))) + _GAP
    said = " ".join(f"{one.title}: {', '.join(_captions(one)[1:])}." for one in matrices)
    return picture(x - _GAP, _CAPTION + down * tallest, "Kill matrices", said, *blocks, class_="overview")


def _captions(matrix: Matrix) -> tuple[str, str, str]:
    rows = matrix.all_rows
    caught = f"{sum(row.killed for row in rows)} of {len(rows)} mutants caught"
    return matrix.name, caught, f"{len(matrix.tests)} tests, {len(matrix.columns)} questions"


def _block(matrix: Matrix, across: float, down: float) -> Iterator[Markup]:
    for y, words, kind in zip((12, 28, 43), _captions(matrix), ("strong", "label", "label"), strict=True):
        yield text(0, y, words, kind)
    rows, tests = matrix.all_rows, matrix.tests
    column = {test.name: i for i, test in enumerate(tests)}
    parts = [element("rect", x=0, y=0, width=len(tests), height=max(len(rows), 1), class_="ground")]
    for state in STATES:
        spots = [
            f"M{column[test]} {i}h1v1h-1z"
            for i, row in enumerate(rows)
            for test, one in sorted(row.states.items())
            if one == state and test in column
        ]
        if spots:
            parts.append(element("path", d="".join(spots), class_=f"{state} filled"))
    between = _edges([len(group) for group in matrix.columns.values()])
    below = _edges([len(group) for group in matrix.rows.values()])
    lines = [f"M{x} 0V{len(rows)}" for x in between] + [f"M0 {y}H{len(tests)}" for y in below]
    parts.append(element("path", d="".join(lines), class_="edges"))
    yield element("g", *parts, transform=f"translate(0 {number(_CAPTION)}) scale({across:.4f} {down:.4f})")


def _edges(sizes: Sequence[int]) -> list[int]:
    """Where groups of these sizes meet."""
    at, found = 0, []
    for size in sizes[:-1]:
        at += size
        found.append(at)
    return found
