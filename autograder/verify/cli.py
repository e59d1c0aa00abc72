"""The command ``autograder verify``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.core.assignment import TOML_NAME, Assignment, find_assignment
from autograder.errors import AssignmentError, AutograderError
from autograder.grading.cli import cores, course_of, positive

if TYPE_CHECKING:  # of no use to other commands, which start with this file
    from autograder.verify.facts import Verification
    from autograder.verify.plan import Plan

HOLDS, BROKEN, INTERRUPTED = 0, 1, 130
JOURNAL = ".verify"
_EXTRAS = {"rich": "grade", "jinja2": "report", "libcst": "verify", "otter": "otter"}


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``verify`` to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="put an assignment's tests to the test, by its solution, variants, mutants and stub",
        description=(
            "Grade an assignment's own answers: the solution and its variants must get full marks, each mutant must "
            "fail exactly the tests that it names, each test must fail at some mutant, and the stub must earn nothing. "
            "What was graded is kept in a hidden file, so that a run that was stopped goes on, and the next one grades "
            "only what has changed."
        ),
        epilog="Exit code: 0 every claim holds, 1 one does not, 2 wrong use, 130 Ctrl-C.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="a folder in assignments/")
    which.add_argument("--all", action="store_true", help="every assignment of the course")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    _add_effort(parser)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="KIND/NAME", help="some answers: mutants, mutants/no_*"
    )
    parser.add_argument("--jobs", type=positive, default=cores(), metavar="N", help=f"at the same time ({cores()})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write verify.html there, and keep results there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything for programs")
    parser.set_defaults(run=_run)


def _add_effort(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=positive, default=1, metavar="N", help="of the drawn inputs (1)")
    parser.add_argument("--seed", type=int, default=0, metavar="FIRST", help="the first of them (0)")
    parser.add_argument(
        "--trained-seeds", type=positive, default=1, metavar="N", help="of these, how many train models too (1)"
    )
    parser.add_argument("--no-training", action="store_true", help="leave out tests that train models")
    parser.add_argument(
        "--every-test",
        action="store_true",
        help="wrong answers meet also tests that their change can't reach; who names one that trains, all these",
    )
    parser.add_argument("--automatic", action="store_true", help="automatic mutants of the solution too")
    parser.add_argument(
        "--flake", type=positive, default=0, metavar="N", help="right answers on N seeds, by the tests that don't train"
    )
    parser.add_argument(
        "--everywhere",
        nargs="?",
        choices=("some", "all"),
        const="some",
        metavar="all",
        help="also by local pytest, as notebooks, by otter and as on Gradescope; =all: there too every answer and test",
    )


def _run(args: argparse.Namespace) -> int:
    _refuse_without_packages(args)
    course = course_of(args)
    assignments = [find_assignment(course, name) for name in (_names(course) if args.all else args.names)]
    try:
        verifications = list(_verify(course, assignments, _plan(args), args.out))
    except KeyboardInterrupt:
        print("stopped: what was graded is kept; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED
    if args.out is not None:
        from autograder.verify.page import write

        print(f"page     {write(args.out, verifications)}")
    if args.json is not None:
        from autograder.verify.as_json import as_json

        args.json.write_text(json.dumps(as_json(verifications), indent=1) + "\n", encoding="utf-8")
        print(f"json     {args.json}")
    return HOLDS if all(verification.holds for verification in verifications) else BROKEN


def _verify(course: Path, assignments: list[Assignment], plan: Plan, out: Path | None) -> Iterator[Verification]:
    from rich.console import Console

    from autograder.verify.screen import Screen
    from autograder.verify.session import verify

    # A pipe or log has no width: rows must not be folded for one.
    with Screen(Console(highlight=False, width=None if sys.stdout.isatty() else 140)) as screen:
        for assignment in assignments:
            journal = _journal(course, assignment, out)
            verification = verify(course, assignment, plan, screen, journal=journal)
            screen.close(verification)
            yield verification


def _journal(course: Path, assignment: Assignment, out: Path | None) -> Path:
    """Where results are kept; never among what students receive."""
    if out is not None:
        return out / f"{JOURNAL}-{assignment.name}.jsonl"
    return course / "solutions" / assignment.name / f"{JOURNAL}.jsonl"


def _plan(args: argparse.Namespace) -> Plan:
    from autograder.verify.plan import Plan

    return Plan(
        seeds=args.seeds,
        first=args.seed,
        trained=0 if args.no_training else args.trained_seeds,
        flake=args.flake,
        automatic=args.automatic,
        everywhere=args.everywhere is not None,
        whole=args.everywhere == "all",
        every_test=args.every_test,
        only=tuple(args.only),
        jobs=args.jobs,
    )


def _names(course: Path) -> list[str]:
    found = sorted(path.parent.name for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if not found:
        raise AssignmentError(f"{course / 'assignments'}: there is no assignment")
    return found


def _refuse_without_packages(args: argparse.Namespace) -> None:
    """Say what is missing before an hour of grading, not after it."""
    asked = {"rich": True, "jinja2": args.out is not None, "libcst": args.automatic, "otter": args.everywhere}
    missing = [name for name, wanted in asked.items() if wanted and find_spec(name) is None]
    if missing:
        extras = ",".join(_EXTRAS[name] for name in missing)
        raise AutograderError(f"this needs {', '.join(missing)}: pip install 'autograder[{extras}]'")
