"""The folder that students receive: stub, handout, public tests and the few lines that make ``pytest`` work."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment
from autograder.core.bars import STUDENT_NAME as BARS_NAME
from autograder.core.bars import students_bars
from autograder.core.release_mark import release_mark
from autograder.errors import AssignmentError
from autograder.release.leaks import refuse_leaks, secrets_of
from autograder.release.stub import make_stub
from autograder.release.wheel import WHEEL_NAME
from autograder.release.workflow import WORKFLOW_NAME, workflow_yaml

CONFTEST = '''"""Loads what the tests need; nothing to change here."""

pytest_plugins = ["autograder.plugin"]
'''
_PYTEST_INI = """[pytest]
minversion = 8.2
testpaths = .
addopts = --tb=short --no-header -rN
"""
_REQUIREMENTS = f"""# The course's package, which lies beside this file; PyTorch, NumPy and pytest come with it.
./{WHEEL_NAME}
"""
_README = """# {title}

```
pytest
```

in this folder tests `{module}.py` and says of each failure what is wrong, where, and what may have caused it. The table
at the end shows the points that you have so far.

1. Once, in this folder, with Python 3.11 or newer: `pip install -r requirements.txt`. (On Linux without an NVIDIA GPU,
   `pip install torch --index-url https://download.pytorch.org/whl/cpu` before it saves a large download.)
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
_FIGURE = re.compile(r"""!\[[^\]]*\]\(\s*<?(?P<markdown>[^)>\s]+)|<img\b[^>]*?\bsrc=["'](?P<html>[^"']+)""")
_ELSEWHERE = re.compile(r"[a-z]+:", re.IGNORECASE)  # a URL: it needs no file
_PICTURES = {".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"}


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
    files = unchecked_files(course, assignment)
    refuse_leaks(files, secrets_of(course, assignment, solution_path(course, assignment)))
    return files


def unchecked_files(course: Path, assignment: Assignment) -> dict[str, bytes]:
    """As ``student_files``, for who looks for leaks in what is made of them."""
    solution = solution_path(course, assignment)
    handout = assignment.folder / "handout.md"
    tests = sorted(assignment.folder.glob("test_*.py"))
    if not tests:
        raise AssignmentError(f"{assignment.folder}: no test_*.py; students need public tests")
    texts = {
        "README.md": _readme(assignment),
        "handout.md": _read(handout),
        f"{assignment.module}.py": f"{release_mark(assignment)}\n{make_stub(_read(solution), solution)}",
        **{path.name: _read(path) for path in tests},
        TOML_NAME: _without_measuring_tests(_read(assignment.folder / TOML_NAME)),
        "conftest.py": CONFTEST,
        "pytest.ini": _PYTEST_INI,
        "requirements.txt": requirements(assignment),
        WORKFLOW_NAME: workflow_yaml(assignment),
    }
    if (bars := students_bars(assignment.folder)) is not None:
        texts[BARS_NAME] = bars
    return {name: text.encode() for name, text in texts.items()} | figures_of(handout)


def requirements(assignment: Assignment) -> str:
    """requirements.txt of what students receive: the engine's wheel by the path that it has there, and what else."""
    return _REQUIREMENTS + "".join(f"{requirement}\n" for requirement in assignment.requires)


def figures_of(handout: Path) -> dict[str, bytes]:
    """The pictures that a handout shows, by their path beside it; those on the web are none of ours.

    Raises:
        AssignmentError: one is not there, is no picture, or lies outside of the assignment's folder.
    """
    figures = {}
    for number, line in enumerate(_read(handout).split("\n"), start=1):
        for match in _FIGURE.finditer(line):
            name = match["markdown"] or match["html"]
            if not _ELSEWHERE.match(name):
                figures[name] = _figure(handout.parent, name, f"{handout}:{number}")
    return figures


def _figure(folder: Path, name: str, where: str) -> bytes:
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or not path.resolve().is_relative_to(folder.resolve()):
        raise AssignmentError(f"{where}: {name} is outside of the assignment's folder; students would not have it")
    if path.suffix.lower() not in _PICTURES:
        raise AssignmentError(f"{where}: {name} is no picture ({', '.join(sorted(_PICTURES))})")
    if not path.is_file():
        raise AssignmentError(f"{where}: there is no {name} beside the handout")
    return path.read_bytes()


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
    example = _question_in_names_of_tests(assignment)
    return _README.format(title=assignment.title, module=assignment.module, example=example)


def _question_in_names_of_tests(assignment: Assignment) -> str:
    """A question of which ``pytest -k`` finds public tests; one from the middle, where there are several."""
    public = "".join(_read(path) for path in sorted(assignment.folder.glob("test_*.py")))
    names = [question.name for question in assignment.questions]
    found = [name for name in names if re.search(rf"def test_\w*{name}", public)] or names
    middle = names[len(names) // 2]
    return middle if middle in found else found[len(found) // 2]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AssignmentError(f"{path}: not found; a release needs it") from None
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
