"""The command ``autograder release``."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.core.assignment import TOML_NAME, find_course
from autograder.errors import AssignmentError, AutograderError


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``release`` to the command line."""
    parser = subparsers.add_parser(
        "release",
        help="build what students and graders receive from assignments/ and solutions/",
        description="Build student folder, notebook, Gradescope bundle and otter bundle, check them, and write them.",
        epilog="Without --out, folders go to student_template/ of the course and archives to dist/.",
    )
    parser.add_argument("names", nargs="*", metavar="ASSIGNMENT", help="folders in assignments/")
    parser.add_argument("--all", action="store_true", help="every assignment")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where all of it goes")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument(
        "--check",
        choices=("full", "fast"),
        default="full",
        help="full: install and test the release in a fresh virtual environment; fast: test it in this one (full)",
    )
    parser.add_argument("--diff", type=Path, metavar="OLD.zip", help="only say what students will see change since OLD")
    parser.add_argument("--verbose", action="store_true", help="with --diff: the changed lines, too")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if bool(args.names) is args.all:
        raise AutograderError("name the assignments to release, or give --all")
    course = find_course(args.course or Path.cwd())
    names = every_assignment(course) if args.all else list(dict.fromkeys(args.names))
    from autograder.release import command  # needs packages (nbformat, …) that other commands can do without

    if args.diff is None:
        command.release(course, names, args.out, check=args.check)
    elif len(names) == 1:
        command.show_changes(course, names[0], args.diff, verbose=args.verbose)
    else:
        raise AutograderError("--diff compares one assignment with one archive: name it")
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
