"""The command ``autograder similar``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.core.assignment import find_course
from autograder.gradebook.locate import add_location, gradebook_of
from autograder.similarity.model import Pair, Similarity

_SHOWN = 50  # pairs


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``similar`` to the command line."""
    parser = subparsers.add_parser(
        "similar",
        help="list submissions that are alike",
        description="List the pairs of a graded class whose own code is more alike than chance explains. Names, "
        "comments, layout and the order of functions don't count, nor does what students received.",
        epilog="Alike is no proof of anything. `autograder report` shows each pair side by side.",
    )
    parser.add_argument("number", nargs="?", type=int, metavar="RUN", help="a run of the gradebook (the newest)")
    add_location(parser)
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all pairs, with the lines, to FILE")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from autograder.gradebook.store import Gradebook
    from autograder.similarity.of_run import similarity_of_run

    course = args.course if args.course is not None else find_course(Path.cwd())
    with Gradebook.open(gradebook_of(args)) as book:
        run = book.run(args.number)
        names = {summary.slug: summary.student for summary in book.summaries(run.number)}
        found = similarity_of_run(book, run.number, course, on_read=_progress(len(names)))
    if args.json is not None:
        _write(args.json, found, names)
    _show(found, names, f"run {run.number} of {run.assignment}")
    return 0


def _progress(total: int) -> Callable[[int], None]:
    """Says on a terminal how far reading is."""
    if not sys.stderr.isatty():
        return lambda count: None

    def show(count: int) -> None:
        print(f"\r\033[K{count:,} of {total:,} read" if count < total else "\r\033[K", end="", file=sys.stderr)

    return show


def _write(path: Path, found: Similarity, names: Mapping[str, str]) -> None:
    students = {slug: names[slug] for slug in sorted(found.texts)}
    path.write_text(json.dumps({**found.as_json(), "students": students}, indent=1) + "\n", encoding="utf-8")


def _show(found: Similarity, names: Mapping[str, str], what: str) -> None:
    count = len(found.pairs)
    print(f"{what}: {found.compared:,} submissions compared, {count or 'no'} pair{'' if count == 1 else 's'} alike")
    print(found.note)
    if found.pairs:
        print("\nlikeness  of the first  of the second")
    for pair in found.pairs[:_SHOWN]:
        print(_row(pair, names))
    if count > _SHOWN:
        print(f"… and {count - _SHOWN:,} more: --json FILE writes them all")
    for line in found.left_out:
        print(f"not compared: {line}")


def _row(pair: Pair, names: Mapping[str, str]) -> str:
    return (
        f"{pair.likeness:8.2f}  {pair.share_a:12.0%}  {pair.share_b:13.0%}  "
        f"{names.get(pair.a, pair.a)} | {names.get(pair.b, pair.b)}"
    )
