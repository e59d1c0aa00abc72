"""The command ``autograder export``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from autograder.core.assignment import Assignment, find_assignment, find_course
from autograder.core.text import one_line
from autograder.course.final import finals
from autograder.course.settings import Attempts, Settings
from autograder.errors import GradebookError
from autograder.gradebook.exports import canvas
from autograder.gradebook.exports.canvas import Filled
from autograder.gradebook.exports.feedback import Page, write_feedback
from autograder.gradebook.exports.gradescope import write_results
from autograder.gradebook.exports.junit import write_junit
from autograder.gradebook.exports.marks import Marks
from autograder.gradebook.exports.rules import course_rules
from autograder.gradebook.exports.table import scores_table
from autograder.gradebook.exports.writing import whole_file
from autograder.gradebook.locate import add_location, gradebook_of, output_of
from autograder.gradebook.model import COMPLETE, Summary

FORMATS = {
    "canvas": "canvas.csv",
    "csv": "final_scores.csv",
    "feedback": "feedback.zip",
    "gradescope": "gradescope",
    "junit": "junit.xml",
}
_OWN = {"canvas": ("canvas", "column", "ids"), "feedback": ("originals",)}
_MOST_LINES = 30


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``export`` to the command line."""
    parser = subparsers.add_parser(
        "export",
        help="write the scores of a run for Canvas, Gradescope, JUnit readers or spreadsheets",
        description="Write what counts of a run, after the course's rules on attempts and late days: canvas (CSV for "
        "its gradebook), csv, feedback (zip that Canvas hands out), gradescope (a results.json a student), junit.",
        epilog="The best way to Canvas: export its gradebook, then `autograder export canvas --canvas THAT.csv`.",
    )
    parser.add_argument("format", choices=sorted(FORMATS), metavar="FORMAT", help=", ".join(sorted(FORMATS)))
    parser.add_argument("run_number", nargs="?", type=int, metavar="RUN", help="number of the run (the newest)")
    add_location(parser)
    parser.add_argument("--to", type=Path, metavar="PATH", help="file or folder to write (in DIR, named by its format)")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument("--attempts", choices=get_args(Attempts), help="which count (as course.toml says)")
    parser.add_argument("--canvas", type=Path, metavar="FILE", help="canvas: its exported gradebook, to be filled in")
    parser.add_argument("--column", metavar="NAME", help="canvas: header, title or number of the column")
    parser.add_argument("--ids", choices=tuple(canvas.ID_COLUMNS), help="canvas: what the ids of this class are there")
    parser.add_argument(
        "--originals", type=Path, metavar="ZIP", help="feedback: Canvas' download of the submissions, for its names"
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    _refuse_strays(args)
    from autograder.gradebook.store import Gradebook

    course = args.course if args.course is not None else find_course(Path.cwd())
    settings = course_rules(course)
    path = gradebook_of(args)
    with Gradebook.open(path) as book:
        run = book.run(args.run_number)
        summaries = tuple(book.summaries(run.number))
        assignment = find_assignment(course, run.assignment)
        counting = finals(summaries, settings, run.assignment, attempts=args.attempts)
        if run.state != COMPLETE:
            print(f"run {run.number} is not complete: {run.done} of {run.submissions} have a result", file=sys.stderr)
        _tell(_idle(settings, run.assignment, summaries))
        marks = Marks(book, run, assignment, counting)
        target = args.to if args.to is not None else output_of(args, path, run.assignment) / FORMATS[args.format]
        print(_export(args, marks, settings, target))
    return 0


def _refuse_strays(args: argparse.Namespace) -> None:
    """An option of another format would have no effect, which its user could not see."""
    for format_, options in _OWN.items():
        for option in options:
            if args.format != format_ and getattr(args, option) is not None:
                raise GradebookError(f"--{option} is for `export {format_}`, not for {args.format}")


def _idle(settings: Settings, assignment: str, summaries: Sequence[Summary]) -> list[str]:
    persons = [(summary.identity, summary.student) for summary in summaries]
    return [
        f"{item.where}: {one_line(item.shown)} is nobody in this class"
        for item in settings.idle_extensions(assignment, persons)
    ]


def _export(args: argparse.Namespace, marks: Marks, settings: Settings, target: Path) -> str:
    """Write in the format that was asked for; returns a line on what was written."""
    if args.format == "canvas":
        return _export_canvas(args, marks, args.attempts or settings.attempts, target)
    if args.format == "csv":
        with whole_file(target) as stream:
            stream.write(scores_table(marks.finals).encode())
        return f"{target}: {_counted(len(marks.finals), 'row')}"
    if args.format == "gradescope":
        return f"{target}: {_counted(write_results(marks, target), 'student')}"
    if args.format == "junit":
        return f"{target}: {_counted(write_junit(marks, target), 'suite')}"
    students, known = write_feedback(marks, target, page=_page_maker(marks.assignment), originals=args.originals)
    return f"{target}: {_counted(students, 'student')}, {known} of them by a name that Canvas knows"


def _export_canvas(args: argparse.Namespace, marks: Marks, attempts: Attempts, target: Path) -> str:
    if attempts == "all":
        raise GradebookError("Canvas has one score a student: choose --attempts latest or --attempts best")
    filled = _filled(args, marks)
    if args.canvas is not None and target.exists() and target.samefile(args.canvas):
        raise GradebookError(f"{target}: is what Canvas exported; choose another --to")
    with whole_file(target) as stream:
        stream.write(filled.data)
    _tell(filled.lines)
    return f"{target}: {_counted(filled.count, 'score')} in column {one_line(filled.column)!r}"


def _filled(args: argparse.Namespace, marks: Marks) -> Filled:
    if args.canvas is not None:
        return canvas.fill_in(args.canvas, marks.assignment, marks.finals, args.column, args.ids)
    if args.column is None or args.ids is None:
        raise GradebookError(
            "give --canvas FILE, the gradebook that Canvas exported; for a new file, --column 'Title (123)' and --ids"
        )
    return canvas.new_file(marks.assignment, marks.finals, args.column, args.ids)


def _page_maker(assignment: Assignment) -> Page | None:
    """What makes the pages of students; None where its packages are not installed, which is said."""
    try:
        from autograder.report.student import student_page
    except ImportError:
        _tell(["without HTML pages: they need pip install 'autograder[report]'"])
        return None
    return lambda entry, final: student_page(assignment, entry, final)


def _tell(lines: Sequence[str]) -> None:
    for line in lines[:_MOST_LINES]:
        print(one_line(line), file=sys.stderr)
    if len(lines) > _MOST_LINES:
        print(f"... and {len(lines) - _MOST_LINES} more such lines", file=sys.stderr)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
