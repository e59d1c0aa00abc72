"""The command ``autograder``: finds the feature that a subcommand names and turns errors into one line."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module

from autograder import __version__
from autograder.core.text import one_line, plain_text
from autograder.errors import AutograderError

# Each module has add_command(subparsers); the order is that of --help.
_FEATURES = (
    "autograder.grading.cli",
    "autograder.gradebook.status",
    "autograder.gradebook.diff",
    "autograder.report.cli",
    "autograder.grading.doctor",
    "autograder.gradebook.exports.cli",
    "autograder.grading.gradescope",
    "autograder.similarity.cli",
    "autograder.data.cli",
    "autograder.release.scaffold",
    "autograder.release.cli",
    "autograder.calibration.cli",
    "autograder.verify.cli",
    "autograder.selftest.cli",
)
WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal's encoding lacks must not end a batch
    parser = argparse.ArgumentParser(prog="autograder", description="PyTorch assignments: grade, release, demonstrate.")
    parser.add_argument("--version", action="version", version=f"autograder {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for feature in _FEATURES:
        import_module(feature).add_command(subparsers)
    args = parser.parse_args(arguments)
    try:
        code: int = args.run(args)
    except AutograderError as error:
        print(f"autograder: {plain_text(str(error), 4000)}", file=sys.stderr)
        return WRONG_USE
    except OSError as error:  # a full disk, a folder that may not be written
        where = f": {error.filename}" if error.filename is not None else ""
        print(f"autograder: {one_line(f'{error.strerror or error}{where}')}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("autograder: stopped", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
