"""The command ``autograder new``: an assignment that is green from the first minute, to be changed into one's own."""

from __future__ import annotations

import argparse
import importlib.util
import keyword
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from autograder.core.assignment import TOML_NAME, find_course
from autograder.errors import AssignmentError

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TAKEN = frozenset({"dist", "notebooks"})

_TOML = """\
title = "<title>"
module = "<name>"
version = "1.0" # raise it with each release that differs from the last
points = 10 # of all tests together, the hidden ones included

[limits]
seconds = 10 # for each call into a submission

[[question]]
name = "unit_rows" # what @points(..., question=...) refers to
title = "Rows of length one"
"""

_HANDOUT = r"""# <title>

## What and why

Fill in the functions in `<name>.py`. Their docstrings say what goes in and what comes out.

## Rules for every function

- Work on float32 and float64 and keep the dtype; results live on the input's device.
- Never change an argument in place.
- Raise `ValueError` where the docstring says so; for other wrong inputs anything may happen.
- Any correct implementation passes, however it is written.

## How to test

```text
pytest                  # everything
pytest -k unit_rows     # one question
```

The public tests are worth about half the points; hidden ones judge the rest by the same rules.

## The questions

### 1 `unit_rows`: Rows of length one
$$\text{out}_{nd} = \frac{x_{nd}}{\sqrt{\sum_k x_{nk}^2}}, \qquad \text{zeros for a row of zeros.}$$

## Common mistakes

| symptom | likely cause |
| --- | --- |
| right for (3, 4), wrong for (4, 4) | lengths without `keepdim=True` broadcast along the wrong axis |
| NaN in one row | $0 / 0$: the row is all zeros |
"""

_SOLUTION = '''\
"""<title>: what the functions below have in common."""

import torch
from torch import Tensor


def unit_rows(x: Tensor) -> Tensor:
    """Each row over its Euclidean length.

    Args:
        x: (N, D).

    Returns:
        (N, D); a row of zeros stays as it is.

    Raises:
        ValueError: x does not have two dimensions.
    """
    # BEGIN SOLUTION
    if x.dim() != 2:
        raise ValueError(f"x has {x.dim()} dimensions, not 2")
    lengths = x.square().sum(dim=1, keepdim=True).sqrt()
    return x / torch.where(lengths == 0, torch.ones_like(lengths), lengths)
    # END SOLUTION
'''

_ORACLE = '''\
def slow_unit_rows(x):
    """Row by row, with Python's own sums."""
    rows = []
    for row in x.double().tolist():
        length = math.sqrt(math.fsum(value * value for value in row))
        rows.append([value / length if length else 0.0 for value in row])
    return torch.tensor(rows, dtype=x.dtype)
'''

_PUBLIC_TEST = '''\
"""Public tests of <name>: run `pytest`, or `pytest -k unit_rows` for one question."""

import math

import torch

from autograder import assert_close, points


<oracle>

@points(5, question="unit_rows")
def test_unit_rows_of_a_matrix(submission, draw):
    """Every row is divided by its own length."""
    for dtype in (torch.float64, torch.float32):
        x = draw.normal(3, 4, dtype=dtype)
        assert_close(submission.call("unit_rows", x), slow_unit_rows(x), hint="the length of a row sums over dim 1")
'''

_HIDDEN_TEST = '''\
"""Hidden tests of <name>: the edges that the handout states."""

import math

import torch

from autograder import assert_close, points


<oracle>

@points(5, question="unit_rows")
def test_unit_rows_at_the_edges(submission, draw):
    """A square input, gaps in memory, a row of zeros; other than two dimensions are a ValueError."""
    x = draw.normal(4, 4, contiguous=False)
    x[2] = 0
    assert_close(submission.call("unit_rows", x), slow_unit_rows(x), hint="0 / 0 is NaN")
    submission.raises(ValueError, "unit_rows", draw.normal(3), because="a vector has no rows")
'''

_VARIANT = '''\
"""Right: by a function of PyTorch."""

import torch


def unit_rows(x):
    if x.dim() != 2:
        raise ValueError("two dimensions, please")
    return torch.nn.functional.normalize(x, dim=1)
'''

_MUTANT = '''\
"""Wrong: columns get length one, rows don't."""

CAUGHT_BY = (
    "test_unit_rows_of_a_matrix",
    "test_unit_rows_at_the_edges",
)


def unit_rows(x):
    if x.dim() != 2:
        raise ValueError("two dimensions, please")
    return x / x.norm(dim=0, keepdim=True).clamp(min=1e-12)
'''

_TEMPLATES = {
    f"assignments/<name>/{TOML_NAME}": _TOML,
    "assignments/<name>/handout.md": _HANDOUT,
    "assignments/<name>/test_<name>.py": _PUBLIC_TEST,
    "assignments/<name>/hidden/test_<name>_hidden.py": _HIDDEN_TEST,
    "solutions/<name>/<name>.py": _SOLUTION,
    "solutions/<name>/variants/by_a_function.py": _VARIANT,
    "solutions/<name>/mutants/unit_columns.py": _MUTANT,
}

_NEXT = """\
made an assignment of one question in
  {assignments}
  {solutions}
Try next:
  pytest -p autograder.plugin {assignments} --submission {solutions}/{name}.py
  autograder verify {name}
  autograder release {name}
Then change it into yours: assignments/README.md of the autograder says how."""


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``new`` to the command line."""
    parser = subparsers.add_parser("new", help="start an assignment: handout, solution, tests, a variant and a mutant")
    parser.add_argument("name", metavar="NAME", help="of its folders and of the file that students hand in")
    parser.add_argument("--course", type=Path, metavar="DIR", help="where assignments/ is or shall be (here or above)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    course = args.course or _course_around(Path.cwd())
    scaffold(course, args.name)
    places = {kind: _shown(course / kind / args.name) for kind in ("assignments", "solutions")}
    print(_NEXT.format(name=args.name, **places))
    return 0


def scaffold(course: Path, name: str) -> list[Path]:
    """Write a new assignment; returns its files.

    Raises:
        AssignmentError: the name can't be used, or there is something of that name.
    """
    _refuse_odd_name(name)
    for kind in ("assignments", "solutions"):
        if (course / kind / name).exists():
            raise AssignmentError(f"{course / kind / name}: there is something of that name; choose another one")
    parts = {"oracle": _ORACLE, "title": name.replace("_", " ").capitalize(), "name": name}
    files = {course / _filled(path, parts): _filled(text, parts) for path, text in _TEMPLATES.items()}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    for part, text in parts.items():
        template = template.replace(f"<{part}>", text)
    return template


def _refuse_odd_name(name: str) -> None:
    """Refuse what can't be a module's and a folder's name everywhere, or would be taken for something else."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise AssignmentError(f"{name!r}: a name is 2 to 40 lower-case letters, digits and _, as in tensor_ops")
    if name.startswith("test_") or name.endswith("_test") or name == "conftest":
        raise AssignmentError(f"{name!r}: pytest would take the students' file for its own; choose another name")
    if name in _TAKEN:
        raise AssignmentError(f"{name!r}: a release has a folder of its own of that name; choose another name")
    if importlib.util.find_spec(name) is not None:
        raise AssignmentError(f"{name!r}: the students' file would hide the Python module of that name")


def _course_around(folder: Path) -> Path:
    """The course that a folder is in; a folder that is in none starts one."""
    try:
        return find_course(folder)
    except AssignmentError:
        return folder


def _shown(path: Path) -> str:
    """A path as it can be pasted: relative where that is shorter."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
