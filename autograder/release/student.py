"""The folder that students receive: stub, handout, public tests and the few lines that make ``pytest`` work."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment
from autograder.errors import AssignmentError
from autograder.release.stub import make_stub

_CONFTEST = '''"""Loads what the tests need; nothing to change here."""

pytest_plugins = ["autograder.plugin"]
'''
_PYTEST_INI = """[pytest]
addopts = --tb=short
testpaths = .
"""
_REQUIREMENTS = "autograder\n"
_README = """# {title}

```
pytest
```

runs the public tests on `{module}.py` and says what each failure means; `pytest -k NAME` runs those whose name holds
`NAME`, `pytest -x` stops at the first failure, `pytest --pdb` opens a debugger there. `--device cuda` runs them on a
GPU, `--seed 1` on other inputs, `--submission PATH` on another file (a notebook too).

Read `handout.md`, fill in `{module}.py`, hand in that one file. Graders run these tests and others that you do not see;
the handout states every rule that they check.
"""


def student_files(assignment: Assignment, solution: Path) -> dict[str, str]:
    """Names and contents of all files of the student's folder.

    Raises:
        AssignmentError: the handout or the solution is missing.
        MarkerError: the solution's markers are not as they must be.
    """
    files = {
        "README.md": _README.format(title=assignment.title, module=assignment.module),
        "conftest.py": _CONFTEST,
        "pytest.ini": _PYTEST_INI,
        "requirements.txt": _REQUIREMENTS,
        f"{assignment.module}.py": make_stub(_read(solution), solution),
        "handout.md": _read(assignment.folder / "handout.md"),
        TOML_NAME: _read(assignment.folder / TOML_NAME),
    }
    for path in sorted(assignment.folder.glob("test_*.py")):
        files[path.name] = _read(path)
    return files


def write_student_folder(assignment: Assignment, solution: Path, out: Path) -> None:
    """Write ``out``/<name>/ anew."""
    files = student_files(assignment, solution)
    folder = out / assignment.name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def solution_path(course: Path, assignment: Assignment) -> Path:
    """Where an assignment's reference solution lies."""
    return course / "solutions" / assignment.name / f"{assignment.module}.py"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AssignmentError(f"{path}: not found; every assignment has one") from None
