"""The command ``autograder calibrate``."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from autograder.core.assignment import TOML_NAME, Assignment, BarRule, find_assignment
from autograder.errors import CalibrationError
from autograder.grading.cli import cores, course_of, data_argument, positive

SEPARATED, NOT_SEPARATED, INTERRUPTED = 0, 1, 130
_NEEDED = ("rich", "scipy", "matplotlib")


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``calibrate`` to the command line."""
    parser = subparsers.add_parser(
        "calibrate",
        help="find the bars that trained models are judged by",
        description=(
            "Train the solution, its variants and the mutants that name the bar's test over many seeds, as grading "
            "does, and set each bar between right and wrong. Mutants that name other tests only are not trained. "
            "Writes calibration.json and a plot beside assignment.toml; numbers in it that nothing has changed for "
            "are kept."
        ),
        epilog="Exit code: 0 every bar separates right from wrong, 1 one does not, 2 wrong use, 130 Ctrl-C.",
    )
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="name of a folder in assignments/")
    parser.add_argument("--seeds", type=positive, default=30, metavar="N", help="how often each is trained (30)")
    parser.add_argument("--jobs", type=positive, default=cores(), metavar="N", help=f"at the same time ({cores()})")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where tensors live (auto)")
    parser.add_argument(
        "--data", type=data_argument, metavar="NAME", help="data set to train on (the best that is here)"
    )
    parser.add_argument("--bar", metavar="NAME", help="one bar only")
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder that holds assignments/ (here or above)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:  # said before an hour of training, not after it
        raise CalibrationError(f"calibrating needs {', '.join(missing)}: pip install 'autograder[calibrate]'")
    course = course_of(args)
    assignment = find_assignment(course, args.assignment)
    try:
        separated = [_calibrate(course, assignment, rule, args) for rule in _rules(assignment, args.bar)]
    except KeyboardInterrupt:
        print("stopped: what was measured is kept; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED
    return SEPARATED if all(separated) else NOT_SEPARATED


def _rules(assignment: Assignment, only: str | None) -> list[BarRule]:
    rules = [rule for rule in assignment.bars if only in (None, rule.name)]
    if not rules:
        known = ", ".join(rule.name for rule in assignment.bars) or "none"
        what = "[[bar]]" if only is None else f"[[bar]] named {only!r}"
        raise CalibrationError(f"{assignment.folder / TOML_NAME}: no {what}; there are: {known}")
    return rules


def _calibrate(course: Path, assignment: Assignment, rule: BarRule, args: argparse.Namespace) -> bool:
    """Measure, record, draw and show one bar; says whether it separates right from wrong."""
    from rich.console import Console  # this and what follows is of no use to other commands, which start with this file

    from autograder.calibration.measure import Plan, measure
    from autograder.calibration.plot import draw_plot, plot_name
    from autograder.calibration.record import make_entry, write_entry
    from autograder.calibration.screen import Screen
    from autograder.calibration.statistics import assess, propose
    from autograder.calibration.subjects import subjects_of
    from autograder.core.bars import CALIBRATION_NAME

    subjects = subjects_of(course, assignment, rule)
    plan = Plan(assignment, rule, subjects, args.seeds, args.jobs, args.device, args.data)
    # A pipe or log has no width: rows must not be folded for one.
    with Screen(Console(highlight=False, width=None if sys.stdout.isatty() else 140)) as screen:
        measured = measure(plan, screen)
        proposed = propose(measured.numbers)
        assessment = assess(rule, measured.numbers, proposed)
        entry = make_entry(rule, measured.setting, subjects, measured.numbers, proposed)
        write_entry(assignment, entry)
        measured.journal.discard()
        plot = assignment.folder / plot_name(entry)
        draw_plot(plot, assignment.title, entry, assessment, proposed)
        screen.close(entry, assessment, [assignment.folder / CALIBRATION_NAME, plot])
    return not assessment.problems
