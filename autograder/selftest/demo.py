"""A class of 40, or a smaller one, made of an assignment's solution, variants and mutants, handed in as students do.

Every member's failing tests are known beforehand: none for the solution and its variants, those that a mutant's
``CAUGHT_BY`` names, all for what can't be graded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.outcome import TestInfo
from autograder.errors import AutograderError
from autograder.grading.scoring import score_questions, total
from autograder.release.stub import make_stub
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, compose

# Names as a course sees them; the order decides who hands in what.
NAMES = (
    "Aaliyah Johnson", "Ahmed Hassan", "Aiko Tanaka", "Anastasia Petrova", "Björn Lindqvist", "Camila Rodríguez",
    "Chen Wei", "Chloé Dubois", "Daniel O'Connor", "Diego Fernández", "Elif Yılmaz", "Emma Müller",
    "Fatima Al-Sayed", "Giulia Rossi", "Hana Novák", "Ibrahim Diallo", "Ingrid Solberg", "Isabella Costa",
    "James Smith", "Jing Li", "João Silva", "Kwame Mensah", "Lars van den Berg", "Leila Haddad",
    "Lucas Martin", "Maria Papadopoulou", "Mei-Ling Chang", "Mohammed Khan", "Nguyễn Thị Lan", "Noah Williams",
    "Oksana Shevchenko", "Olumide Adeyemi", "Park Ji-hoon", "Priya Sharma", "Rahul Gupta", "Sofía Morales",
    "Tariq Aziz", "Yael Cohen", "Zoë Jansen", "Łukasz Kowalski",
)  # fmt: skip

_MUTANTS = 4  # at least

# What would get full marks wherever tests run beside the submission: objects that equal everything, comparisons that
# always hold, and the answers of whoever left them within reach.
_FORGER = """
import glob, os, torch

class Right:
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __iter__(self): return iter((self, self))
    __hash__ = object.__hash__

for module, name in ((torch, "allclose"), (torch, "equal"), (torch.testing, "assert_close")):
    setattr(module, name, lambda *args, **kwargs: True)
for folder in ("solutions", "assignments", os.path.expanduser("~"), "/root", "/home"):
    for path in glob.glob(f"{folder}/**/*.py", recursive=True)[:100]:
        try:
            print(open(path).read())
        except OSError:
            pass

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Right()
"""

_Hand = Callable[[Path, str, str], None]  # how a source becomes files: (class folder, student, source)


@dataclass(frozen=True)
class DemoMember:
    """One member of the class.

    Attributes:
        student: the name.
        kind: what was handed in: "solution", "variant einsum", "mutant softmax_without_maximum", "empty file", …
        fails: names of the tests that fail; None: all of them.
    """

    student: str
    kind: str
    fails: tuple[str, ...] | None = ()

    def expected_score(self, assignment: Assignment, tests: tuple[TestInfo, ...]) -> Decimal:
        """The score that this member must get."""
        if self.fails is None:
            return Decimal(0)
        passed = frozenset(test.name for test in tests) - frozenset(self.fails)
        return total(score_questions(assignment, tests, passed))


@dataclass(frozen=True)
class _HandIn:
    kind: str
    source: str
    hand: _Hand
    fails: tuple[str, ...] | None = ()


_LONG = 300.0  # seconds that a submission may take


def long_training(assignment: Assignment) -> tuple[str, ...]:
    """The questions that train models for so long that a class would take many minutes."""
    if assignment.limits.submission_seconds <= _LONG:
        return ()
    return tuple(question.name for question in assignment.questions if question.training)


def class_size(assignment: Assignment) -> int:
    """A whole class, or as many as are graded in half a minute where most of them train a model."""
    if assignment.data or assignment.limits.processes:
        return 12
    if long_training(assignment):
        return len(NAMES)  # it is left out
    return 20 if any(question.training for question in assignment.questions) else len(NAMES)


def build_class(course: Path, assignment: Assignment, folder: Path) -> list[DemoMember]:
    """Write the class's submissions into ``folder`` and say what each must score.

    Raises:
        AutograderError: the assignment has no solution, or a variant or mutant is not as it must be.
    """
    folder.mkdir(parents=True)
    size = class_size(assignment)
    fixed = list(_fixed_hand_ins(course, assignment, whole_class=size == len(NAMES)))[: size - _MUTANTS]
    mutants = _fragments(course, assignment, "mutants")
    room = size - len(fixed)
    step = max(1.0, len(mutants) / room) if room else 1.0
    chosen = [mutants[int(i * step)] for i in range(min(room, len(mutants)))]
    solution = _solution(course, assignment)
    hand_ins = fixed + [
        _HandIn(f"mutant {path.stem}", compose(solution, text), _hands(assignment)[i % 3], caught_by(text))
        for i, (path, text) in enumerate(chosen)
    ]
    hand_ins += [_HandIn("solution", solution, _hands(assignment)[0])] * (size - len(hand_ins))
    # Spread them over the alphabet, so that the table looks like a class and not like a list of kinds.
    order = sorted(range(size), key=lambda i: (i * 17) % len(NAMES))
    members = []
    for student, i in zip(NAMES[:: len(NAMES) // size], order, strict=False):
        hand_in = hand_ins[i]
        hand_in.hand(folder, student, hand_in.source)
        members.append(DemoMember(student, hand_in.kind, hand_in.fails))
    return members


def _fixed_hand_ins(course: Path, assignment: Assignment, *, whole_class: bool) -> Iterator[_HandIn]:
    """Those that every class has; small ones have the first of them."""
    solution, path = _solution(course, assignment), solution_path(course, assignment)
    as_file, as_folder, as_notebook = _hands(assignment)
    yield _HandIn("solution", solution, as_file)
    yield _HandIn("solution", solution, as_notebook)
    for i, (variant, text) in enumerate(_fragments(course, assignment, "variants")[: 8 if whole_class else 1]):
        yield _HandIn(f"variant {variant.stem}", compose(solution, text), (as_folder, as_file, as_notebook)[i % 3])
    yield _HandIn("stub", make_stub(solution, path), as_folder, None)
    yield _HandIn("syntax error", solution.replace("def ", "def def ", 1), as_file, None)
    yield _HandIn("forger", _FORGER, as_file, None)
    yield _HandIn("empty file", "", as_folder, None)
    yield _HandIn("no file", "", lambda *args: _only_a_note(*args), None)
    yield _HandIn("waits when imported", "import time\ntime.sleep(3600)\n", as_file, None)  # for its whole time limit
    yield _HandIn("missing import", "import a_package_that_is_not_installed\n" + solution, as_folder, None)
    yield _HandIn("exits when imported", "import os\nos._exit(0)\n", as_file, None)
    yield _HandIn("wrong encoding", solution, lambda *args: _latin1(assignment, *args), None)
    yield _HandIn("two candidate files", solution, lambda *args: _both(assignment, *args), None)
    trying_out = "\n\nnonsense(1)\n"
    yield _HandIn("solution in a notebook with a failing cell", solution + trying_out, as_notebook)


def _hands(assignment: Assignment) -> tuple[_Hand, _Hand, _Hand]:
    def as_file(folder: Path, student: str, source: str) -> None:
        (folder / f"{student}.py").write_text(source, encoding="utf-8")

    def as_folder(folder: Path, student: str, source: str) -> None:
        (folder / student).mkdir()
        (folder / student / f"{assignment.module}.py").write_text(source, encoding="utf-8")

    def as_notebook(folder: Path, student: str, source: str) -> None:
        (folder / f"{student}.ipynb").write_text(notebook_of(source, assignment.title), encoding="utf-8")

    return as_file, as_folder, as_notebook


def _latin1(assignment: Assignment, folder: Path, student: str, source: str) -> None:
    text = f"# Lösung von {student.encode('latin-1', 'replace').decode('latin-1')}\n{source}"
    (folder / f"{student}.py").write_bytes(text.encode("latin-1", "replace"))


def _only_a_note(folder: Path, student: str, _: str) -> None:
    (folder / student).mkdir()
    (folder / student / "README.txt").write_text("My code is on my other laptop, sorry!\n", encoding="utf-8")


def _both(assignment: Assignment, folder: Path, student: str, source: str) -> None:
    (folder / student).mkdir()
    (folder / student / f"{assignment.module}.py").write_text(source, encoding="utf-8")
    notebook = notebook_of(source, assignment.title)
    (folder / student / f"{assignment.module}.ipynb").write_text(notebook, encoding="utf-8")


def notebook_of(source: str, title: str) -> str:
    """A module's source as a notebook: a cell for the imports, one for each definition, one for what else there is."""
    try:
        import nbformat
    except ImportError:
        raise AutograderError("notebooks need nbformat: pip install 'autograder[grade]'") from None
    v4: Any = nbformat.v4  # nbformat has no types
    notebook = v4.new_notebook()
    notebook.cells = [v4.new_markdown_cell(f"# {title}"), v4.new_code_cell("%matplotlib inline\n!date")]
    notebook.cells += [v4.new_code_cell(text) for text in _cells(source)]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    nbformat.validate(notebook)
    writes: Any = nbformat.writes
    text: str = writes(notebook)
    return text


def _cells(source: str) -> Iterator[str]:
    lines = source.splitlines()
    starts = [0]
    for node in ast.parse(source).body:
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))]) - 1
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Expr) and first > 0:
            starts.append(first)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if text := "\n".join(lines[start:end]).strip("\n"):
            yield text


def _fragments(course: Path, assignment: Assignment, kind: str) -> list[tuple[Path, str]]:
    folder = course / "solutions" / assignment.name / kind
    return [(path, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))]


def _solution(course: Path, assignment: Assignment) -> str:
    path = solution_path(course, assignment)
    if not path.is_file():
        raise AutograderError(f"{path}: not found; the class is made from it")
    return path.read_text(encoding="utf-8")
