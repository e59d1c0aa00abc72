"""The command ``autograder release``."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.core.assignment import TOML_NAME, find_assignment, find_course
from autograder.errors import AutograderError
from autograder.release.student import solution_path, write_student_folder


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``release`` to the command line."""
    parser = subparsers.add_parser("release", help="generate what students receive from the solutions")
    parser.add_argument("names", nargs="*", metavar="ASSIGNMENT", help="folders in assignments/")
    parser.add_argument("--all", action="store_true", help="every assignment")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the folders go (student_template)")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    course = args.course if args.course is not None else find_course(Path.cwd())
    names = args.names
    if args.all:
        names = sorted(path.parent.name for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if not names:
        raise AutograderError("name the assignments to release, or give --all")
    out = args.out if args.out is not None else course / "student_template"
    for name in names:
        assignment = find_assignment(course, name)
        write_student_folder(assignment, solution_path(course, assignment), out)
        print(f"{name}: {out / name}")
    return 0
