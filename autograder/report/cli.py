"""The command ``autograder report``: pages of a run, for staff and for each student."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.core.assignment import Assignment, find_assignment, find_course
from autograder.errors import ReportError
from autograder.gradebook.locate import add_location, gradebook_of, output_of

if TYPE_CHECKING:
    from autograder.course.final import Final
    from autograder.gradebook.model import Run
    from autograder.gradebook.store import Gradebook
    from autograder.report.staff import Extras
    from autograder.similarity.model import Similarity

PAGE = "report.html"


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``report`` to the command line."""
    parser = subparsers.add_parser(
        "report",
        help="make pages of a run: one for staff, one for each student",
        description="Make an HTML page of a graded class for staff (DIR/report.html) and one for each student "
        "(DIR/feedback/). Each is one file, and opens from disk without a network.",
        epilog="The page for staff holds messages of hidden tests: don't hand it on.",
    )
    parser.add_argument("number", nargs="?", type=int, metavar="RUN", help="a run of the gradebook (the newest)")
    add_location(parser)
    parser.add_argument("--to", type=Path, metavar="FILE", help=f"where the page for staff goes (DIR/{PAGE})")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument("--no-similar", action="store_true", help="don't compare the submissions with each other")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from autograder.gradebook.store import Gradebook

    course = args.course if args.course is not None else find_course(Path.cwd())
    path = gradebook_of(args)
    with Gradebook.open(path) as book:
        run = book.run(args.number)
        out = output_of(args, path, run.assignment)
        page = args.to if args.to is not None else out / PAGE
        write_report(book, run, course, out, page, similar=not args.no_similar)
    return 0


def write_report(book: Gradebook, run: Run, course: Path, out: Path, page: Path, *, similar: bool = True) -> None:
    """Write all pages of a run and say where they are.

    Args:
        course: the folder with assignments/ and course.toml.
        out: where results/ and feedback/ are.
        page: the file of the page for staff.
        similar: compare the submissions with each other, too.

    Raises:
        ReportError: a package is missing, the run has no results, or a page can't be written where it should be.
    """
    try:
        from autograder.report.gather import gather
        from autograder.report.page import is_our_page
        from autograder.report.staff import staff_page
    except ImportError:
        raise ReportError("reports need the package jinja2: pip install 'autograder[report]'") from None
    if not run.done:
        raise ReportError(f"run {run.number} of {run.assignment} has no results yet; there is nothing to report")
    if page.exists() and not is_our_page(page):
        raise ReportError(f"{page}: not a page that `autograder report` made; choose another file with --to")
    assignment = find_assignment(course, run.assignment)
    finals = _finals(book, run, course)
    extras = _extras(out, page, finals, _similarity(book, run, course) if similar else None)
    _write(page, staff_page(assignment, gather(book, run), extras))
    count = _write_student_pages(book, run, assignment, out / "feedback", finals)
    print(f"staff    {page}  (with the messages of hidden tests)")
    print(f"students {out / 'feedback'}  ({count} page{'' if count == 1 else 's'})")


def _write(path: Path, text: str) -> None:
    from autograder.grading.results import write_atomically

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)


def _extras(out: Path, page: Path, finals: dict[str, Final], similarity: Similarity | None) -> Extras:
    """What the page for staff shows beside results; addresses are seen from where it lies."""
    from urllib.parse import quote

    from autograder.report.staff import Extras

    def address(name: str) -> str:
        return quote(Path(os.path.relpath(out / name, page.parent)).as_posix()) + "/"

    return Extras(finals, similarity, address("feedback"), address("results"))


def _finals(book: Gradebook, run: Run, course: Path) -> dict[str, Final]:
    """What counts for each student, by slug; {} where the course has no rules that would change anything."""
    from autograder.course.final import finals
    from autograder.course.settings import NAME
    from autograder.gradebook.exports.rules import course_rules

    if not (course / NAME).is_file():
        return {}
    settings = course_rules(course)
    return {final.summary.slug: final for final in finals(book.summaries(run.number), settings, run.assignment)}


def _similarity(book: Gradebook, run: Run, course: Path) -> Similarity | None:
    """Pairs that are alike; None where there are fewer than two to compare."""
    from autograder.similarity.of_run import similarity_of_run

    if run.done < 2:
        return None
    return similarity_of_run(book, run.number, course, on_read=_progress("compared", run.done))


def _write_student_pages(
    book: Gradebook, run: Run, assignment: Assignment, folder: Path, finals: dict[str, Final]
) -> int:
    """One page for each submission; pages of ours for those who are no longer in the run go."""
    from autograder.report.page import is_our_page
    from autograder.report.student import student_page

    folder.mkdir(parents=True, exist_ok=True)
    said = _progress("pages", run.done)
    written = set()
    for count, entry in enumerate(book.entries(run.number), start=1):
        path = folder / f"{entry.summary.slug}.html"
        _write(path, student_page(assignment, entry, finals.get(entry.summary.slug)))
        written.add(path)
        said(count)
    for path in folder.glob("*.html"):
        if path not in written and is_our_page(path):
            path.unlink()
    return len(written)


def _progress(what: str, total: int) -> Callable[[int], None]:
    """Says on a terminal how far it is, a few times a second."""
    if not sys.stderr.isatty():
        return lambda count: None
    last = 0.0

    def show(count: int) -> None:
        nonlocal last
        done, now = count >= total, time.monotonic()
        if done or now - last > 0.2:
            last = now
            print("\r\033[K" if done else f"\r\033[K{count:,} of {total:,} {what}", end="", file=sys.stderr, flush=True)

    return show
