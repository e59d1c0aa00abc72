"""The commands ``autograder demo`` and ``autograder bench``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment, find_assignment
from autograder.data import offline_choice
from autograder.errors import AutograderError
from autograder.grading.batch import Options
from autograder.grading.cli import SOME_ERRORS, add_engine_options, course_of, grade_on_screen, positive
from autograder.intake.folder import find_submissions
from autograder.selftest.demo import build_class, long_training

_MARK = ".made-by-autograder-demo"  # says that submissions/ is made up and may be removed


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``demo`` and ``bench`` to the command line."""
    demo = subparsers.add_parser("demo", help="make up a class for each assignment, grade it, show what comes out")
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where it all goes (demo)")
    demo.add_argument("--only", metavar="NAME", help="one assignment only")
    add_engine_options(demo)
    demo.set_defaults(run=_demo)
    bench = subparsers.add_parser("bench", help="measure grading beside a fresh pytest process per submission")
    bench.add_argument("--assignment", default="manual_backprop", metavar="NAME", help="manual_backprop")
    bench.add_argument("--submissions", type=int, default=200, metavar="N", help="that the engine grades (200)")
    bench.add_argument("--processes", type=int, default=8, metavar="N", help="that fresh pytest processes grade (8)")
    bench.add_argument(
        "--class",
        dest="class_size",
        type=positive,
        metavar="N",
        help="instead: how a class of N is graded, and graded again when nothing has changed",
    )
    add_engine_options(bench)
    bench.set_defaults(run=_bench)


def assignments_of(course: Path, only: str | None = None) -> list[Assignment]:
    """The course's assignments that have a solution, or the one named."""
    names = sorted(path.parent.name for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if only is not None:
        names = [only]
    found = [find_assignment(course, name) for name in names]
    if not found:
        raise AutograderError(f"{course / 'assignments'}: no assignments in it")
    return found


def _demo(args: argparse.Namespace) -> int:
    course = course_of(args)
    worst = 0
    for assignment in assignments_of(course, args.only):
        folder = args.out / "submissions" / assignment.name
        _make_room(args.out, folder)
        print(f"making up a class for {assignment.title!r} in {folder}", flush=True)
        build_class(course, assignment, folder)
        intake = find_submissions(folder, assignment.module)
        out = args.out / "grades" / assignment.name
        left_out = () if args.only else long_training(assignment)
        if left_out:
            print(f"left out: {', '.join(left_out)}, minutes of training (with --only {assignment.name} it is graded)")
        # The class is ours, so it is graded on any machine, under what isolation there is.
        skipped = tuple({*args.skip_question, *left_out})
        # The demo is the same everywhere, whatever data there is.
        data = args.data or offline_choice(assignment.data)
        options = Options(out, args.jobs, args.device, args.seed, skipped, force=True, accept_less=True, data=data)
        report = grade_on_screen(assignment, intake, options)
        if not report.complete:
            print("stopped: run it again to see the whole class", file=sys.stderr)
            return 130
        worst = max(worst, SOME_ERRORS if report.errors else 0)
        print()
    example = f"{args.out / 'submissions' / assignment.name}"
    print("Try next:")
    print(f"  open a page of feedback in {args.out / 'grades' / assignment.name / 'feedback'}")
    print(f"  grade a folder of your own: autograder grade {example} --assignment {assignment.name}")
    print(f"  be a student: cd student_template/{assignment.name} && pytest")
    return worst


def _make_room(out: Path, folder: Path) -> None:
    """Remove the class of an earlier demo, and nothing but that."""
    mark = out / _MARK
    if folder.exists() and not mark.is_file():
        raise AutograderError(f"{folder}: exists and was not made by this command; choose another --out")
    if folder.exists():
        shutil.rmtree(folder)
    out.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _bench(args: argparse.Namespace) -> int:
    from autograder.selftest.bench import run_bench, submissions_of
    from autograder.selftest.class_bench import run_class_bench

    course = course_of(args)
    assignment = find_assignment(course, args.assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as scratch:
        if args.class_size is not None:
            run_class_bench(course, assignment, submissions_of(course, assignment), args, Path(scratch))
        else:
            run_bench(course, assignment, args, Path(scratch))
    return 0
