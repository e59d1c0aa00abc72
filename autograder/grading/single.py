"""One submission in a folder of its own, graded as ``autograder grade`` does it: for the containers of other systems.

What they have in common: a container, or a temporary folder, holds ``source/`` (unpacked from the bundle that
``autograder release`` made, with the hidden tests in it) and ``submission/`` (what the student handed in).
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment, load_assignment
from autograder.core.scratch import scratch_folder
from autograder.errors import AssignmentError, InfrastructureError, IntakeError
from autograder.grading.batch import Batch, Options, Record
from autograder.intake.folder import find_submissions
from autograder.intake.model import Intake


def bundled_assignment(course: Path) -> Assignment:
    """The one assignment of a bundle's course folder.

    Raises:
        AssignmentError: there is none, or more than one.
    """
    folders = sorted(path.parent for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if len(folders) != 1:
        held = ", ".join(folder.name for folder in folders) or "none"
        raise AssignmentError(f"{course}: a bundle holds one assignment, this one: {held}")
    return load_assignment(folders[0])


def grade_folder(assignment: Assignment, folder: Path, *, accept_less: bool) -> Record:
    """The record of what lies in a student's folder, as ``autograder grade`` would write it; the seed is a fresh one.

    Args:
        folder: what was handed in. Its neighbours are looked at by name only.
        accept_less: grade also where a required layer of isolation is missing; the record says what there was.

    Raises:
        AutograderError: the grader could not start. What breaks later is a record with the status ``error``.
    """
    found = find_submissions(folder.parent, assignment.module)
    mine = tuple(item for item in found.submissions if item.student == folder.name)
    if not (folder.is_dir() and mine):
        raise IntakeError(f"{folder}: no such folder with a submission")
    with scratch_folder("autograder-single-") as out:
        report = Batch(assignment, Intake(mine), Options(out, seed=None, accept_less=accept_less)).run()
        if not report.complete:
            raise InfrastructureError("grading was interrupted")
        return next(report.records())


def close_to_others(path: Path) -> None:
    """Let nobody but its owner into a folder or file, as far as it is ours: workers have users of their own.

    The second line of defence for hidden tests and names; the only one where Landlock is missing (gVisor).
    """
    with contextlib.suppress(OSError):
        path.chmod(path.stat().st_mode & 0o700)
