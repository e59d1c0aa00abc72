"""All artefacts of an assignment, put together in memory and looked through for leaks; nothing is written here.

Promises: the same commit gives the same bytes, whatever the machine, the time, the time zone or the umask.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import autograder
from autograder.core.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.release.archive import pack
from autograder.release.gradescope import PROGRAMS, gradescope_files
from autograder.release.leaks import refuse_leaks, secrets_of
from autograder.release.notebook import notebook_files
from autograder.release.otter import otter_files
from autograder.release.student import solution_path, student_files
from autograder.release.wheel import engine_wheel

TEMPLATE_NAME, ARCHIVES_NAME, NOTEBOOKS_NAME = "student_template", "dist", "notebooks"
RELEASE_NAME = "release.json"


@dataclass(frozen=True)
class Places:
    """Where artefacts go.

    Attributes:
        folders: student folders by name, and ``notebooks/`` with those of notebooks.
        archives: zip archives.
    """

    folders: Path
    archives: Path

    @classmethod
    def of(cls, course: Path, out: Path | None) -> Places:
        """In the course, or all below ``out``."""
        return cls(out or course / TEMPLATE_NAME, (out or course) / ARCHIVES_NAME)

    @property
    def all(self) -> tuple[Path, Path]:
        """Both."""
        return self.folders, self.archives


@dataclass(frozen=True)
class Release:
    """What one assignment is released as.

    Attributes:
        student: the student's folder, by path within it.
        notebook: the notebook's folder.
        archives: zip archives by file name.
    """

    assignment: Assignment
    student: Mapping[str, bytes]
    notebook: Mapping[str, bytes]
    archives: Mapping[str, bytes]

    @property
    def student_archive(self) -> bytes:
        """The archive that students receive, all in a folder with the assignment's name."""
        return self.archives[f"{self.assignment.name}-student.zip"]

    def contents(self, places: Places) -> dict[Path, Mapping[str, bytes] | bytes]:
        """Folders and files by where they go."""
        name = self.assignment.name
        return {
            places.folders / name: self.student,
            places.folders / NOTEBOOKS_NAME / name: self.notebook,
            **{places.archives / archive: data for archive, data in self.archives.items()},
        }


def build_release(course: Path, assignment: Assignment, commit: str) -> Release:
    """Build every artefact of an assignment.

    Args:
        commit: what ``commit_of`` says of the course.

    Raises:
        AssignmentError: a part of the assignment is missing or not as it must be.
        MarkerError: the solution's markers are not as they must be.
        LeakError: an artefact would show what must stay with the graders.
        AutograderError: the engine's wheel can't be built.
    """
    name = assignment.name
    if name in (ARCHIVES_NAME, NOTEBOOKS_NAME):
        raise AssignmentError(f"{assignment.folder}: a release has a folder {name}/ of its own; rename the assignment")
    wheel, note = engine_wheel(), {RELEASE_NAME: _release_json(assignment, commit)}
    student, notebook = student_files(course, assignment), notebook_files(course, assignment)
    beside = {wheel.name: wheel.data, **note}
    received = {
        f"{name}-student.zip": pack(_within(name, student | beside)),
        f"{name}-notebook.zip": pack(_within(f"{name}-notebook", notebook | beside)),
    }
    for_graders = {
        f"{name}-gradescope.zip": pack(gradescope_files(course, assignment, wheel) | note, programs=PROGRAMS),
        f"{name}-otter.zip": pack(otter_files(course, assignment, wheel) | note, programs=PROGRAMS),
    }
    solution = solution_path(course, assignment)
    refuse_leaks(received, secrets_of(course, assignment, solution))
    refuse_leaks(for_graders, secrets_of(course, assignment, solution, graders=True))
    return Release(assignment, student, notebook, received | for_graders)


def commit_of(course: Path, outputs: Collection[Path]) -> str:
    """The commit that a course is at: "+changes" follows where its files differ, "unknown" where git knows none.

    Args:
        outputs: folders that releases write, which are no source of any.
    """
    commit = _git(course, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    inside = [path.resolve() for path in outputs if path.resolve().is_relative_to(course.resolve())]
    left_out = [f":(exclude){path.relative_to(course.resolve()).as_posix()}" for path in inside]
    changes = _git(course, "status", "--porcelain", "--", ".", *left_out)
    return f"{commit}+changes" if changes != "" else commit


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails, or where there is none."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _release_json(assignment: Assignment, commit: str) -> bytes:
    facts = {
        "assignment": assignment.name,
        "version": assignment.version,
        "commit": commit,
        "engine": autograder.__version__,
    }
    return (json.dumps(facts, indent=1) + "\n").encode()


def _within(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}
