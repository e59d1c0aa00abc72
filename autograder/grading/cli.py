"""The command ``autograder grade``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from autograder.core.assignment import Assignment, find_assignment, find_course
from autograder.errors import AutograderError
from autograder.grading.batch import Batch, Options, Report, earlier_results
from autograder.intake.folder import find_submissions
from autograder.intake.model import Intake

ALL_GRADED, SOME_ERRORS, INTERRUPTED = 0, 1, 130


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``grade`` to the command line."""
    parser = subparsers.add_parser(
        "grade",
        help="grade a folder of submissions",
        description="Grade submissions: a folder with one folder or file (.py, .ipynb) per student, or one file.",
        epilog="Exit code: 0 all graded (whatever they scored), 1 the grader broke at some, 2 wrong use, 130 Ctrl-C.",
    )
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="folder of submissions, or one file")
    parser.add_argument("--assignment", required=True, metavar="NAME", help="name of a folder in assignments/")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (grades/NAME)")
    parser.add_argument("--resume", action="store_true", help="keep the results in DIR that are still valid")
    parser.add_argument(
        "--isolation",
        choices=("full", "process"),
        default="full",
        help="full: refuse where Landlock or seccomp is missing; process: go on with what there is (full)",
    )
    add_engine_options(parser, seed=None)
    parser.set_defaults(run=_run)


def add_engine_options(parser: argparse.ArgumentParser, *, seed: int | None = 0) -> None:
    """Options that every command with an engine has.

    Args:
        seed: the default of ``--seed``; None: a fresh one for each run.
    """
    unless = str(seed) if seed is not None else "fresh for each run; --resume keeps the run's"
    parser.add_argument("--jobs", type=positive, default=cores(), metavar="N", help=f"at the same time ({cores()})")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where tensors live (auto)")
    parser.add_argument("--seed", type=int, default=seed, metavar="S", help=f"of everything that is drawn ({unless})")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument(
        "--data", type=data_argument, metavar="NAME", help="data set to train on (the best that is here)"
    )
    parser.add_argument(
        "--skip-question", action="append", default=[], metavar="NAME", help="leave out a question (repeatable)"
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def course_of(args: argparse.Namespace) -> Path:
    """The course folder that the options name, or the one around the working directory."""
    return args.course if args.course is not None else find_course(Path.cwd())


def _run(args: argparse.Namespace) -> int:
    assignment = find_assignment(course_of(args), args.assignment)
    intake = find_submissions(args.submissions, assignment.module)
    out = args.out if args.out is not None else Path("grades") / assignment.name
    _refuse_within(out, args.submissions)
    if not args.resume and (earlier := len(earlier_results(out))):
        print(f"{out} holds {earlier} result{'' if earlier == 1 else 's'} of an earlier run: replaced (--resume keeps)")
    skipped, less = tuple(args.skip_question), args.isolation == "process"
    options = Options(out, args.jobs, args.device, args.seed, skipped, args.resume, accept_less=less, data=args.data)
    report = grade_on_screen(assignment, intake, options)
    if not report.complete:
        again = shlex.join(["autograder", *sys.argv[1:], *([] if args.resume else ["--resume"])])
        left = len(intake.submissions) - len(report.records)
        print(
            f"stopped: {len(report.records)} are graded and kept, {left} are left; go on with: {again}", file=sys.stderr
        )
        return INTERRUPTED
    return SOME_ERRORS if report.errors else ALL_GRADED


def _refuse_within(out: Path, submissions: Path) -> None:
    """Results among the submissions would be graded themselves the next time."""
    if submissions.is_dir() and out.resolve().is_relative_to(submissions.resolve()):
        raise AutograderError(f"{out} is inside {submissions}: choose an --out outside of the submissions")


def grade_on_screen(assignment: Assignment, intake: Intake, options: Options) -> Report:
    """Grade a batch, with progress and tables on standard output."""
    try:
        from rich.console import Console

        from autograder.grading.screen import Screen
    except ImportError:
        raise AutograderError("grading needs the package rich: pip install 'autograder[grade]'") from None
    # A pipe or log has no width: rows must not be folded for one.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with Screen(console, assignment, intake) as screen:
        report = Batch(assignment, intake, options, on_start=screen.start, on_record=screen.record).run()
    screen.close(report, options.out)
    return report


def data_argument(text: str) -> str:
    """A data set's name, or the whole path of a file: the engine works elsewhere."""
    return str(Path(text).resolve()) if os.sep in text or Path(text).suffix else text


def positive(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return int(text)
