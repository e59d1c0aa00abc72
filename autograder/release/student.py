"""The folder that students receive: stub, handout, public tests and the few lines that make ``pytest`` work."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment
from autograder.core.bars import STUDENT_NAME as BARS_NAME
from autograder.core.bars import students_bars
from autograder.errors import AssignmentError, AutograderError
from autograder.release.leaks import refuse_leaks, secrets_of
from autograder.release.stub import make_stub

CONFTEST_NAME = "conftest.py"
_CONFTEST = '''"""Loads what the tests need; nothing to change here."""

pytest_plugins = ["autograder.plugin"]
'''
_PYTEST_INI = """[pytest]
minversion = 8.2
testpaths = .
addopts = --tb=short --no-header -rN
"""
# The engine's own dependencies. It is not named here: the package index may hold another "autograder".
REQUIREMENTS = ("torch>=2.4", "numpy>=1.26", "pytest>=8.2", "safetensors>=0.5")
_README = """# {title}

```
pytest
```

in this folder tests `{module}.py` and says of each failure what is wrong, where, and what may have caused it. The table
at the end shows the points that you have so far.

1. Once, with Python 3.11 or newer: `pip install -r requirements.txt`, and the course's package `autograder`, which
   your teachers tell you where to get.
2. Read `handout.md` and fill in `{module}.py`, one function after the other.
3. Hand in `{module}.py`. Graders run these tests and more; the handout states every rule that they check.

| command | what it does |
| --- | --- |
| `pytest -k {example}` | only the tests with `{example}` in their name |
| `pytest -x --pdb` | stops at the first failure, in the debugger |
| `pytest --seed 1` | the same tests on other inputs |
| `pytest --device cuda` | on the GPU |
| `pytest --submission PATH` | tests another file, also a notebook |
"""


def solution_path(course: Path, assignment: Assignment) -> Path:
    """Where an assignment's reference solution lies."""
    return course / "solutions" / assignment.name / f"{assignment.module}.py"


def student_files(course: Path, assignment: Assignment) -> dict[str, bytes]:
    """Names and contents of all files of the student's folder.

    Raises:
        AssignmentError: the handout, the solution or the public tests are missing.
        MarkerError: the solution's markers are not as they must be.
        LeakError: a file would show what must stay with the graders.
    """
    solution = solution_path(course, assignment)
    tests = sorted(assignment.folder.glob("test_*.py"))
    if not tests:
        raise AssignmentError(f"{assignment.folder}: no test_*.py; students need public tests")
    texts = {
        "README.md": _readme(assignment),
        "handout.md": _read(assignment.folder / "handout.md"),
        f"{assignment.module}.py": make_stub(_read(solution), solution),
        **{path.name: _read(path) for path in tests},
        TOML_NAME: _without_measuring_tests(_read(assignment.folder / TOML_NAME)),
        CONFTEST_NAME: _CONFTEST,
        "pytest.ini": _PYTEST_INI,
        "requirements.txt": "".join(f"{requirement}\n" for requirement in (*REQUIREMENTS, *assignment.requires)),
    }
    if (bars := students_bars(assignment.folder)) is not None:
        texts[BARS_NAME] = bars
    files = {name: text.encode() for name, text in texts.items()}
    refuse_leaks(files, secrets_of(course, assignment, solution))
    return files


def write_student_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a release in the place of an older one; a folder that is something else is left alone.

    Raises:
        AutograderError: ``folder`` holds files, but no release.
    """
    if folder.exists() and any(folder.iterdir()):
        mark = folder / CONFTEST_NAME
        if not mark.is_file() or mark.read_bytes() != _CONFTEST.encode():
            raise AutograderError(f"{folder}: there is something else than a release; name another place with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _without_measuring_tests(toml: str) -> str:
    """assignment.toml without the tests that calibration runs, which are hidden ones."""
    kept, table = [], ""
    for line in toml.splitlines(keepends=True):
        if line.startswith("["):
            table = line.strip()
        if not (table == "[[bar]]" and line.partition("=")[0].strip() == "test"):
            kept.append(line)
    return "".join(kept)


def _readme(assignment: Assignment) -> str:
    if not assignment.questions:
        raise AssignmentError(f"{assignment.folder / TOML_NAME}: no [[question]]")
    example = assignment.questions[len(assignment.questions) // 2].name
    return _README.format(title=assignment.title, module=assignment.module, example=example)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AssignmentError(f"{path}: not found; a release needs it") from None
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
