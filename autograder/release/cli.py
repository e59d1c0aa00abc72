"""The command ``autograder release``."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.core.assignment import TOML_NAME, find_assignment, find_course
from autograder.errors import AssignmentError, AutograderError
from autograder.release.student import student_files, write_student_folder

OUT_NAME = "student_template"


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``release`` to the command line."""
    parser = subparsers.add_parser("release", help="build what students receive from assignments/ and solutions/")
    parser.add_argument("names", nargs="*", metavar="ASSIGNMENT", help="folders in assignments/")
    parser.add_argument("--all", action="store_true", help="every assignment")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"where the folders go ({OUT_NAME}/ of the course)")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if bool(args.names) is args.all:
        raise AutograderError("name the assignments to release, or give --all")
    course = find_course(args.course or Path.cwd())
    names = every_assignment(course) if args.all else args.names
    out = args.out or course / OUT_NAME
    # All are built before any is written: an error leaves what is there as it was.
    releases = {name: student_files(course, find_assignment(course, name)) for name in names}
    for name, files in releases.items():
        write_student_folder(files, out / name)
        print(f"{name}: {len(files)} files in {out / name}")
    return 0


def every_assignment(course: Path) -> list[str]:
    """The names of a course's assignments.

    Raises:
        AssignmentError: there are none.
    """
    names = sorted(path.parent.name for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if not names:
        raise AssignmentError(f"{course / 'assignments'}: no assignment here")
    return names
