"""Which gradebook a command means: the one that is named, that of an output folder, or the newest that is here."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.errors import GradebookError

NAME = "gradebook.sqlite"


def add_location(parser: argparse.ArgumentParser) -> None:
    """Add the options by which every command that reads a gradebook finds it."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="what `grade` wrote (the newest below grades/)")
    parser.add_argument("--gradebook", type=Path, metavar="FILE", help=f"its gradebook (DIR/{NAME})")


def gradebook_of(args: argparse.Namespace) -> Path:
    """The gradebook that the options name, or else the newest one below the working folder.

    Raises:
        GradebookError: there is none.
    """
    if args.gradebook is not None:
        return _existing(args.gradebook)
    if args.out is not None:
        return _existing(args.out / NAME)
    found = list(Path("grades").glob(f"*/{NAME}"))
    if not found:
        raise GradebookError(f"no grades/*/{NAME} here; name the folder with --out, or the file with --gradebook")
    return max(found, key=_last_written)


def output_of(args: argparse.Namespace, gradebook: Path, assignment: str) -> Path:
    """Where `grade` wrote its files: beside the gradebook, unless that is one for the whole course."""
    if args.out is not None:
        return Path(args.out)
    return gradebook.parent if args.gradebook is None else Path("grades") / assignment


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise GradebookError(f"{path}: no such gradebook; `autograder grade` makes one")
    return path


def _last_written(path: Path) -> float:
    """When something was last written: what is not in the file yet is in the log beside it."""
    log = path.with_name(f"{path.name}-wal")
    return max(file.stat().st_mtime for file in (path, log) if file.exists())
