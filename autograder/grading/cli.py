"""The command ``autograder grade``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from autograder.cluster.options import add_cluster_options, cluster_engine
from autograder.core.assignment import Assignment, find_assignment, find_course
from autograder.core.engine import Engine
from autograder.core.scratch import scratch_folder
from autograder.course.settings import load_course
from autograder.errors import AutograderError
from autograder.gradebook.locate import NAME
from autograder.grading.batch import Batch, Options, Report
from autograder.grading.output import earlier_results
from autograder.intake.model import Intake
from autograder.intake.roster import read_roster
from autograder.intake.sources import open_intake

ALL_GRADED, SOME_ERRORS, INTERRUPTED = 0, 1, 130


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``grade`` to the command line."""
    parser = subparsers.add_parser(
        "grade",
        help="grade submissions: a folder, a file, or what a learning platform exports",
        description="Grade submissions: a folder with one folder or file (.py, .ipynb) per student, one file, or an "
        "export of Canvas, Moodle, Gradescope or otter. Results of an earlier run are kept where neither the "
        "submission nor what it is graded by has changed.",
        epilog="Exit code: 0 all graded (whatever they scored), 1 the grader broke at some, 2 wrong use, 130 Ctrl-C.",
    )
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="folder, file or export")
    parser.add_argument("--assignment", required=True, metavar="NAME", help="name of a folder in assignments/")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results go (grades/NAME)")
    parser.add_argument("--gradebook", type=Path, metavar="FILE", help=f"where all runs are kept (DIR/{NAME})")
    parser.add_argument("--force", action="store_true", help="grade everything again, with a fresh seed")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="table of the class (as course.toml says)")
    parser.add_argument(
        "--attempts", choices=("latest", "best", "all"), help="which attempts count (as course.toml says, or latest)"
    )
    parser.add_argument(
        "--isolation",
        choices=("full", "process"),
        default="full",
        help="full: refuse where Landlock or seccomp is missing; process: go on with what there is (full)",
    )
    add_engine_options(parser, seed=None)
    add_cluster_options(parser)
    parser.set_defaults(run=_run)


def add_engine_options(parser: argparse.ArgumentParser, *, seed: int | None = 0) -> None:
    """Options that every command with an engine has.

    Args:
        seed: the default of ``--seed``; None: that of the last run, or a fresh one.
    """
    unless = str(seed) if seed is not None else "that of the last run in the gradebook, or a fresh one"
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
    course = course_of(args)
    assignment = find_assignment(course, args.assignment)
    settings = load_course(course)
    out = args.out if args.out is not None else Path("grades") / assignment.name
    _refuse_within(out, args.submissions)
    roster = args.roster if args.roster is not None else settings.roster
    chosen = cluster_engine(args, course)
    engine = None if args.cluster is None else chosen
    with scratch_folder("autograder-intake-") as scratch:
        intake = open_intake(
            args.submissions,
            assignment.module,
            scratch=scratch,
            roster=None if roster is None else read_roster(roster),
            attempts=args.attempts or settings.attempts,
        )
        options = _options(args, out)
        if not options.gradebook_file.exists() and (earlier := len(earlier_results(out))):
            results = "1 result" if earlier == 1 else f"{earlier} results"
            print(f"{out} holds {results} of a run that is in no gradebook: replaced")
        report = grade_on_screen(assignment, intake, options, engine=engine)
    return _exit_code(report, intake)


def _options(args: argparse.Namespace, out: Path) -> Options:
    return Options(
        out,
        args.jobs,
        args.device,
        args.seed,
        tuple(args.skip_question),
        force=args.force,
        accept_less=args.isolation == "process",
        data=args.data,
        gradebook=args.gradebook,
        where=args.cluster or "",
    )


def _exit_code(report: Report, intake: Intake) -> int:
    if report.complete:
        return SOME_ERRORS if report.errors else ALL_GRADED
    again = shlex.join(["autograder", *(part for part in sys.argv[1:] if part != "--force")])
    done = len(report.summaries)
    left = len(intake.submissions) - done
    print(f"stopped: {done} are graded and kept, {left} are left; go on with: {again}", file=sys.stderr)
    return INTERRUPTED


def _refuse_within(out: Path, submissions: Path) -> None:
    """Results among the submissions would be graded themselves the next time."""
    if submissions.is_dir() and out.resolve().is_relative_to(submissions.resolve()):
        raise AutograderError(f"{out} is inside {submissions}: choose an --out outside of the submissions")


def grade_on_screen(
    assignment: Assignment, intake: Intake, options: Options, *, engine: Callable[..., Engine] | None = None
) -> Report:
    """Grade a batch, with progress and tables on standard output.

    Args:
        engine: as for ``Batch``.
    """
    try:
        from rich.console import Console

        from autograder.grading.screen import Screen
    except ImportError:
        raise AutograderError("grading needs the package rich: pip install 'autograder[grade]'") from None
    # A pipe or log has no width: rows must not be folded for one.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with Screen(console, assignment, intake) as screen:
        batch = Batch(assignment, intake, options, engine=engine, on_start=screen.start, on_summary=screen.summary)
        report = batch.run()
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
