"""``autograder bench --class N``: how a large class is graded, and graded again when nothing has changed.

What counts: the cost of one submission and the memory of the command do not grow with the class, and a rerun in which
nothing changed takes seconds. Each class is a prefix of the largest, of submissions that all differ.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.core.assignment import Assignment
from autograder.core.text import one_line
from autograder.errors import InfrastructureError

_SHARES = (20, 4, 1)  # a class of 2,000 is measured at 100, 500 and 2,000
# The command, and the most memory that its own process had: what its children had is not the controller's.
_MEASURED = """
import sys
from autograder.cli import main
code = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(f"peak {peak}", file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Measured:
    """One run of the command: seconds by the clock, and the most memory of its own process."""

    seconds: float
    peak_mb: float
    output: str


def run_class_bench(
    course: Path, assignment: Assignment, sources: Sequence[str], args: argparse.Namespace, scratch: Path
) -> None:
    """Grade classes of growing size twice each, and print what it takes.

    Args:
        sources: right and wrong submissions, of which the class is made.
        args: the command's options: class_size, jobs, device, seed, data, skip_question.
        scratch: an empty folder.
    """
    skipped = [question.name for question in assignment.questions if question.training] + args.skip_question
    sizes = sorted({max(1, args.class_size // share) for share in _SHARES})
    print(
        f"{assignment.name}: classes of {', '.join(map(str, sizes))}, {args.jobs} jobs, made of {len(sources)} sources"
    )
    print("  submissions   seconds   ms each   controller's peak   again, with nothing changed")
    for size in sizes:
        folder = scratch / f"class-{size}"
        _write_class(folder, sources, size)
        command = _command(course, assignment, folder, scratch / f"out-{size}", skipped, args)
        first, again = _measure(command), _measure(command)
        if "to grade: " in again.output:
            why = again.output.partition("to grade: ")[2].partition("\n")[0]
            raise InfrastructureError(f"of {size} submissions not all were kept in the second run: {why}")
        print(
            f"  {size:11d}  {first.seconds:8.1f}  {1000 * first.seconds / size:8.1f}  {first.peak_mb:14.0f} MiB  "
            f"{again.seconds:8.2f} s, {again.peak_mb:.0f} MiB",
            flush=True,
        )


def _write_class(folder: Path, sources: Sequence[str], size: int) -> None:
    folder.mkdir()
    for number in range(size):
        text = f"{sources[number % len(sources)]}\n# handed in by student {number:05d}\n"
        (folder / f"student{number:05d}.py").write_text(text, encoding="utf-8")


def _command(
    course: Path, assignment: Assignment, folder: Path, out: Path, skipped: Sequence[str], args: argparse.Namespace
) -> list[str]:
    command = ["grade", str(folder), "--assignment", assignment.name, "--course", str(course), "--out", str(out)]
    command += ["--jobs", str(args.jobs), "--seed", str(args.seed), "--device", args.device, "--isolation", "process"]
    command += [item for question in skipped for item in ("--skip-question", question)]
    return command + (["--data", args.data] if args.data is not None else [])


def _measure(command: Sequence[str]) -> Measured:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", _MEASURED, *command], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    said, _, peak = done.stderr.strip().rpartition("peak ")
    if done.returncode != 0:
        raise InfrastructureError(f"autograder grade ended with {done.returncode}: {one_line(said or done.stderr)}")
    return Measured(seconds, int(peak) / 1024, done.stdout)
