"""The assignment as a notebook: handout and stub by turns, and check cells that run the public tests by otter.

It needs the files beside it: otter's test files, which run the public ``test_*.py`` on the names of the notebook
(``autograder.notebook``). On Colab, where a notebook arrives alone, its first cell asks for the zip that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.core.assignment import TOML_NAME, Assignment, Question
from autograder.core.decimals import plain_decimal
from autograder.core.outcome import TestInfo
from autograder.core.release_mark import release_mark
from autograder.errors import AssignmentError
from autograder.release.leaks import refuse_leaks, secrets_of
from autograder.release.otter import read_tests
from autograder.release.sections import Section, StubParts, handout_sections, stub_parts
from autograder.release.student import solution_path, unchecked_files

_FORMAT: Any = nbformat  # it has no types
_FILE_NAME = re.compile(r"\w{1,60}", re.ASCII)
_FIXED = {"deletable": False, "editable": False}  # Jupyter's words for a cell that is not the student's to change

_SETUP = """{mark}
# Run this cell first, and again after each restart. It installs what the checks need and changes nothing of yours.
import os
import sys

if "google.colab" in sys.modules and not os.path.isdir("tests"):  # there a notebook arrives alone
    if not os.path.isdir("{folder}"):
        import io
        import zipfile

        from google.colab import files

        print("Choose {folder}.zip, in which this notebook came:")
        for data in files.upload().values():
            zipfile.ZipFile(io.BytesIO(data)).extractall()
    os.chdir("{folder}")

%pip install -q -r requirements.txt

import otter

grader = otter.Notebook()"""

_HOW_TO = """## How to use this notebook

- Run the first cell, then fill in one code cell after the other. Cells of your own may stand anywhere.
- After each question, its check cell runs the public tests on what the notebook defines now, and says of each failure
  what is wrong, where, and what may have caused it. Run your cell again after a change, then the check.
- Hand in this notebook, `{module}.ipynb`. Graders run all of its cells from top to bottom, but not the checks, and then
  these tests and more. So before you hand it in, restart the kernel and run all cells.
- `pytest` in the folder of this notebook tests the saved notebook. Where the text speaks of `{module}.py`, it means
  the code cells here."""

_CHECK_ALL = """## All checks

The public tests of all questions, on what the notebook defines now."""

_README = """# {title}

`{module}.ipynb` is the assignment as a notebook, for Jupyter and Colab.

- **Jupyter**: open it in this folder with Python 3.11 or newer and run its first cell, which installs what
  `requirements.txt` names.
- **Colab**: upload `{module}.ipynb` alone. Its first cell asks for the zip that you found it in.

Each question has a check cell: it runs the public tests of that question on what the notebook defines. `pytest` in this
folder runs the same tests on the saved notebook. Hand in `{module}.ipynb`: graders run these tests and more, and the
text in the notebook states every rule that they check.
"""

_REQUIREMENTS = """# The check cells run by otter; pytest reads the notebook with nbformat.
otter-grader>=6.1,<8
nbformat>=5.9
"""

_TEST_FILE = '''"""The public tests of a question, for `grader.check`: they run on what the notebook defines."""

from otter.test_files import test_case

from autograder.notebook import QuestionCheck

OK_FORMAT = False
name = "{question}"
all_or_nothing = {all_or_nothing}
question = QuestionCheck(name)
'''

_TEST_CASE = """

@test_case(name="{name}", points={points})
def {name}(env):
    question.judge("{name}", env)
"""


def notebook_files(course: Path, assignment: Assignment) -> dict[str, bytes]:
    """Names and contents of all files of the notebook's folder.

    Raises:
        AssignmentError: a part of the assignment is missing or not as it must be.
        MarkerError: the solution's markers are not as they must be.
        LeakError: a file would show what must stay with the graders.
    """
    files = unchecked_files(course, assignment)
    stub = files.pop(f"{assignment.module}.py").decode().removeprefix(f"{release_mark(assignment)}\n")
    handout = files.pop("handout.md").decode()
    tests = _test_files(assignment)
    notebook = _notebook(assignment, handout, stub, {Path(name).stem for name in tests})
    files |= {
        f"{assignment.module}.ipynb": _written(notebook),
        "README.md": _README.format(title=assignment.title, module=assignment.module).encode(),
        "requirements.txt": files["requirements.txt"] + _REQUIREMENTS.encode(),
        **{name: text.encode() for name, text in tests.items()},
    }
    refuse_leaks(files, secrets_of(course, assignment, solution_path(course, assignment)))
    return files


def _written(notebook: NotebookNode) -> bytes:
    _FORMAT.validate(notebook)
    return f"{_FORMAT.writes(notebook)}\n".encode()


def _test_files(assignment: Assignment) -> dict[str, str]:
    """Otter's test files, for each question that has public tests."""
    public = [test for test in read_tests(assignment) if not test.hidden]
    files = {}
    for question in assignment.questions:
        if not _FILE_NAME.fullmatch(question.name):
            raise AssignmentError(f"{assignment.folder / TOML_NAME}: question {question.name!r} makes no file's name")
        if own := [test for test in public if test.question == question.name]:
            files[f"tests/{question.name}.py"] = _test_file(question, own)
    return files


def _test_file(question: Question, tests: Sequence[TestInfo]) -> str:
    head = _TEST_FILE.format(question=question.name, all_or_nothing=question.all_or_nothing)
    return head + "".join(_TEST_CASE.format(name=test.name, points=plain_decimal(test.points)) for test in tests)


def _notebook(assignment: Assignment, handout: str, stub: str, checked: set[str]) -> NotebookNode:
    sections = handout_sections(handout, assignment.questions)
    titles = {question.name: question.title for question in assignment.questions}
    order = list(dict.fromkeys([*(name for section in sections for name in section.questions), *titles]))
    parts = stub_parts(stub, sections, order)
    notebook: NotebookNode = _FORMAT.v4.new_notebook()
    notebook.nbformat_minor = 5  # the first with ids of cells
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.cells = list(_cells(assignment, _with_headless(sections, titles), parts, checked))
    return notebook


def _with_headless(sections: Sequence[Section], titles: Mapping[str, str]) -> list[Section]:
    """The sections, and one of its own for each question that none is about, after those of questions."""
    about = {name for section in sections for name in section.questions}
    extra = [Section(f"## {title}", (name,)) for name, title in titles.items() if name not in about]
    last = max((i for i, section in enumerate(sections, start=1) if section.questions), default=len(sections))
    return [*sections[:last], *extra, *sections[last:]]


def _cells(
    assignment: Assignment, sections: Sequence[Section], parts: StubParts, checked: set[str]
) -> Iterator[NotebookNode]:
    """All cells in order; their ids tell their role, so that they stay when texts change."""
    setup = _SETUP.format(mark=release_mark(assignment), folder=f"{assignment.name}-notebook")
    yield _code(setup, "setup", **_FIXED)
    numbers = {question.name: number for number, question in enumerate(assignment.questions, start=1)}
    first = next(i for i, section in enumerate(sections) if section.questions)
    texts = count(1)
    for i, section in enumerate(sections):
        if i == first:
            yield _text(_HOW_TO.format(module=assignment.module), "how-to")
            yield _code(parts.preamble, "preamble")
        names = section.questions
        yield _text(section.text, f"question-{numbers[names[0]]}-text" if names else f"text-{next(texts)}")
        for name in names:
            if parts.code[name]:
                yield _code(parts.code[name], f"question-{numbers[name]}-code")
            if name in checked:
                yield _code(f'grader.check("{name}")', f"question-{numbers[name]}-check", **_FIXED)
    yield _text(_CHECK_ALL, "check-all-text")
    yield _code("grader.check_all()", "check-all", **_FIXED)


def _code(source: str, cell_id: str, **metadata: bool) -> NotebookNode:
    cell: NotebookNode = _FORMAT.v4.new_code_cell(source, id=cell_id, metadata=metadata)
    return cell


def _text(source: str, cell_id: str) -> NotebookNode:
    cell: NotebookNode = _FORMAT.v4.new_markdown_cell(source, id=cell_id)
    return cell
