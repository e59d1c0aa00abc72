"""A folder with one folder or file a student, or a single file: what needs no unpacking and no roster.

Nothing of a submission is parsed here: files are looked at from outside (regular, small enough, no links). What can't
be graded is kept, with one line that says why; what is no submission is listed as left out.
"""

from __future__ import annotations

from pathlib import Path

from autograder.errors import IntakeError
from autograder.intake import plain
from autograder.intake.gather import gather
from autograder.intake.handed import Layout
from autograder.intake.items import MODULE_SUFFIXES, Item, walk
from autograder.intake.model import Intake
from autograder.intake.regular import MAX_BYTES as MAX_BYTES
from autograder.intake.regular import read_regular as read_regular


def find_submissions(path: Path, module: str) -> Intake:
    """Look through ``path`` for submissions of the assignment whose module is ``module``.

    Raises:
        IntakeError: the path does not exist, or holds no submission at all.
    """
    if path.is_dir():
        return gather(path, plain.recognise(list(walk(path))), module)
    return gather(path, one_file(path), module)


def one_file(path: Path) -> Layout:
    """A single file, named after its student.

    Raises:
        IntakeError: there is none, or it is no submission.
    """
    if not path.is_file():
        raise IntakeError(f"{path}: no such file or folder with submissions")
    if path.suffix not in MODULE_SUFFIXES:
        raise IntakeError(f"{path}: a submission is a .py or .ipynb file, or a folder or .zip archive of them")
    # A link that the grader names is meant; links inside a class are the students', and never followed.
    real = path.resolve()
    return plain.one(path.stem, [Item((path.name,), real.stat().st_size, real)], "one file", named_after=True)
