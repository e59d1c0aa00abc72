"""The contents of the zip that ``otter run`` and ``otter grade`` take: otter's test files over our grader.

For staff only, as the bundle for Gradescope, with which it shares the assignment's files and the setup. The tests do
not test: they look up the verdicts of ``autograder.grading.otter``, the plugin that otter_config.json names.

``otter grade`` copies only some names into its image before it calls ``setup.sh`` (``requirements.*``), and the others
afterwards (``files/``, ``tests/``): hence the wheel's name, and the place of the course.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment
from autograder.core.decimals import plain_decimal
from autograder.core.outcome import TestInfo
from autograder.errors import AssignmentError
from autograder.release.gradescope import COURSE, graders_files, setup_script
from autograder.release.wheel import Wheel

OTTER = "otter-grader[grading]>=6.1,<8"
WHEEL_NAME = "requirements.whl"
_FILE_NAME = re.compile(r"[A-Za-z0-9_]+")
_PLUGIN = "autograder.grading.otter.Grader"  # importing it needs otter, which building a bundle does not

_RUN = """#!/usr/bin/env bash
# Grades the submission; otter's container, or Gradescope's, calls this for each one.
root="${AUTOGRADER_ROOT:-/autograder}"
exec "${AUTOGRADER_PYTHON:-$root/venv/bin/python}" "$root/source/run_otter.py" "$root"
"""

_RUN_OTTER = '''"""Runs otter's autograder in the folder that is given."""

import sys

from otter.run.run_autograder import main

main(sys.argv[1])
'''

# setup.sh installs everything by pip.
_ENVIRONMENT = """# Only here because `otter grade` copies a file of this name into its image.
name: otter-env
dependencies:
  - python
"""

_TEST_FILE = '''"""Looks up what the grader found; the tests themselves run elsewhere."""

from otter.test_files import test_case

from autograder.grading.otter import require_passed

OK_FORMAT = False
name = {name}
all_or_nothing = {all_or_nothing}
TESTS = {tests}
'''

_TEST_CASE = """

@test_case(name={name}, points={points}, hidden={hidden})
def case_{number}(env):
    require_passed(env, TESTS[{index}])
"""


def otter_files(course: Path, assignment: Assignment, wheel: Wheel) -> dict[str, bytes]:
    """Names and contents of the files of the zip; those of them can be executed that can be in Gradescope's.

    Raises:
        AssignmentError: a test can't be read for what it is worth, or there are none.
    """
    requirements = (f"./{wheel.name}[grade]", OTTER, *assignment.requires)
    texts = {
        "otter_config.json": json.dumps(_config(), indent=2) + "\n",
        "setup.sh": setup_script(f"cp {WHEEL_NAME} {wheel.name}"),
        "run_autograder": _RUN,
        "run_otter.py": _RUN_OTTER,
        "requirements.txt": "".join(f"{line}\n" for line in requirements),
        "environment.yml": _ENVIRONMENT,
        **_test_files(assignment),
    }
    files = {name: text.encode() for name, text in texts.items()}
    return {**files, WHEEL_NAME: wheel.data, **graders_files(course, assignment, f"files/{COURSE}")}


def _config() -> dict[str, object]:
    """Hidden tests appear by title, once grades are published."""
    return {"plugins": [{_PLUGIN: {"isolation": "full"}}], "show_hidden": True, "show_stdout": False}


def _test_files(assignment: Assignment) -> dict[str, str]:
    tests = read_tests(assignment)
    files = {}
    for question in assignment.questions:
        own = [test for test in tests if test.question == question.name]
        if not _FILE_NAME.fullmatch(question.name):
            raise AssignmentError(f"{assignment.folder / TOML_NAME}: question {question.name!r} makes no file's name")
        if own:
            text = _TEST_FILE.format(
                name=_literal(question.name),
                all_or_nothing=question.all_or_nothing,
                tests=f"[{', '.join(_literal(test.name) for test in own)}]",
            )
            files[f"tests/{question.name}.py"] = text + "".join(map(_test_case, own, range(len(own))))
    return files


def _test_case(test: TestInfo, index: int) -> str:
    shown = test.title or "A hidden test" if test.hidden else f"{test.name}: {test.title}".removesuffix(": ")
    points = plain_decimal(test.points)
    return _TEST_CASE.format(name=_literal(shown), points=points, hidden=test.hidden, number=index + 1, index=index)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def read_tests(assignment: Assignment) -> list[TestInfo]:
    """The tests of an assignment, read from their sources: public ones first, as they are collected.

    Raises:
        AssignmentError: a test's points are not written out, or all together are not what assignment.toml says.
    """
    tests = [test for path in assignment.test_files() for test in _tests_in(path, assignment)]
    total = sum((test.points for test in tests), Decimal(0))
    if total != assignment.points:
        have, want = plain_decimal(total), plain_decimal(assignment.points)
        raise AssignmentError(f"{assignment.folder / TOML_NAME}: points = {want}, but its tests have {have}")
    return tests


def _tests_in(path: Path, assignment: Assignment) -> Iterator[TestInfo]:
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            points, question = _marked(node, path)
            title = (ast.get_docstring(node) or "").split("\n")[0].strip()
            hidden = assignment.hidden_folder in path.parents
            yield TestInfo(node.name, assignment.question(question).name, points, hidden, title)


def _marked(test: ast.FunctionDef, path: Path) -> tuple[Decimal, str]:
    """What ``@points(3, question="relu")`` says."""
    for call in test.decorator_list:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "points":
            values = [*call.args, *(word.value for word in call.keywords if word.arg == "question")]
            try:
                value, question = map(ast.literal_eval, values)
                return Decimal(value), str(question)
            except (ValueError, InvalidOperation):
                break
    raise AssignmentError(f'{path}:{test.lineno}: {test.name} needs @points(3, question="..."), written out')
