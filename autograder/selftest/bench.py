"""``autograder bench``: submissions per minute of ``autograder grade`` beside a fresh pytest process for each.

Both sides run the same tests (public and hidden, questions that train a model left out) on the same submissions with
the same number of jobs, in one run on one machine; the ratio is what counts, the absolute numbers are the machine's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.layers import LAYERS
from autograder.core.outcome import Graded, Task
from autograder.grading.batch import Batch, Options
from autograder.intake.folder import find_submissions
from autograder.release.student import solution_path
from autograder.selftest.compose import compose
from autograder.selftest.training_cost import measure_training_cost, training_functions

_TURNS, _IN_A_TURN = 8, 16  # for the cost of isolation


def run_bench(course: Path, assignment: Assignment, args: argparse.Namespace, scratch: Path) -> None:
    """Measure both sides and print them side by side.

    Args:
        args: the command's options: submissions, processes, jobs, device, seed, data, skip_question.
        scratch: an empty folder.
    """
    skipped = [question.name for question in assignment.questions if question.training] + args.skip_question
    sources = submissions_of(course, assignment)
    folder = scratch / "class"
    folder.mkdir()
    for number in range(args.submissions):
        (folder / f"student{number:04d}.py").write_text(sources[number % len(sources)], encoding="utf-8")
    print(f"{assignment.name}: {args.submissions} submissions, {args.jobs} jobs, left out: {', '.join(skipped) or '-'}")
    whole = _time_grade(course, assignment, folder, scratch / "out", skipped, args)
    fresh = _time_pytest(assignment, sorted(folder.iterdir())[: args.processes], skipped, args)
    ours, theirs = 60 * args.submissions / whole, 60 * args.processes / fresh
    print(f"  autograder grade          {ours:8.1f} submissions a minute ({whole:.1f} s in all)")
    print(f"  python -m pytest each     {theirs:8.1f} submissions a minute ({fresh:.1f} s for {args.processes})")
    print(f"  ratio                     {ours / theirs:8.1f}")
    options = Options(
        scratch / "detail",
        args.jobs,
        args.device,
        args.seed,
        tuple(skipped),
        measure_memory=True,
        accept_less=True,
        data=args.data,
    )
    graded: list[Graded] = []
    intake = find_submissions(folder, assignment.module)
    report = Batch(assignment, intake, options, on_graded=graded.append).run()
    _print_breakdown(graded, report.seconds, args.jobs)
    _print_cost_of_isolation(assignment, _tasks(assignment, sources, scratch), skipped, args)
    if training_functions(sources[0]):
        _print_cost_of_training(assignment, sources[0], scratch / "trained", args.data)


def _print_cost_of_training(assignment: Assignment, source: str, scratch: Path, data: str | None) -> None:
    cost = measure_training_cost(assignment, source, scratch, data=data)
    print(
        f"training: grading one submission takes {cost.whole:.2f} s of CPU, of which {cost.training:.2f} s are its own "
        f"training: {cost.ratio:.2f} times as much"
    )


def _print_breakdown(graded: Sequence[Graded], seconds: float, jobs: int) -> None:
    print("where the time of one submission goes (ms, median):")
    for name, meaning in (
        ("load", "fork a worker and import the submission"),
        ("probes", "probes in the worker, the wire included"),
        ("judging", "oracles, finite differences, pytest in the judge"),
    ):
        median = statistics.median(1000 * item.seconds[name] for item in graded)
        print(f"  {name:<8} {median:7.1f}   {meaning}")
    busy = sum(item.seconds["total"] for item in graded) / jobs
    print(f"  start-up, scheduling and writing take {seconds - busy:.1f} s of the batch's {seconds:.1f} s")
    sizes = [item.worker_pss_kb / 1024 for item in graded if item.worker_pss_kb]
    if sizes:
        print(f"memory of a worker (PSS): median {statistics.median(sizes):.0f} MiB, largest {max(sizes):.0f} MiB")


def _print_cost_of_isolation(
    assignment: Assignment, tasks: Sequence[Task], skipped: Sequence[str], args: argparse.Namespace
) -> None:
    """Two engines, with all layers and with none, take turns, so that whatever else the machine does meets both."""
    seconds = {"with": 0.0, "without": 0.0}
    options: dict[str, Any] = {"jobs": args.jobs, "device": args.device, "seed": args.seed, "skip_questions": skipped}
    options["data"] = args.data
    with (
        Engine(assignment, **options, accept_less=True) as locked,
        Engine(assignment, **options, without=LAYERS) as unlocked,
    ):
        engines = {"with": locked, "without": unlocked}
        for engine in engines.values():  # what is touched for the first time is not what is measured
            list(engine.grade(tasks[: args.jobs]))
        for turn in range(_TURNS):
            for name in sorted(engines, reverse=turn % 2 == 1):
                started = time.monotonic()
                list(engines[name].grade(tasks))
                seconds[name] += time.monotonic() - started
    rates = {name: 60 * _TURNS * len(tasks) / spent for name, spent in seconds.items()}
    print(f"isolation ({locked.isolation}):")
    print(
        f"  {rates['with']:.0f} submissions a minute with it, {rates['without']:.0f} without: "
        f"it costs {100 * (1 - rates['with'] / rates['without']):.1f} % of the throughput"
    )


def _tasks(assignment: Assignment, sources: Sequence[str], scratch: Path) -> list[Task]:
    tasks = []
    for number in range(_IN_A_TURN):
        folder = scratch / "tasks" / str(number)
        folder.mkdir(parents=True)
        (folder / f"{assignment.module}.py").write_text(sources[number % len(sources)], encoding="utf-8")
        tasks.append(Task(str(number), folder, f"{assignment.module}.py"))
    return tasks


def submissions_of(course: Path, assignment: Assignment) -> list[str]:
    """What a class is made of: the solution, its variants, and its mutants."""
    solution = solution_path(course, assignment).read_text(encoding="utf-8")
    folder = course / "solutions" / assignment.name
    fragments = [*sorted(folder.glob("variants/*.py")), *sorted(folder.glob("mutants/*.py"))]
    return [compose(solution, ""), *(compose(solution, path.read_text(encoding="utf-8")) for path in fragments)]


def _time_grade(
    course: Path, assignment: Assignment, folder: Path, out: Path, skipped: Sequence[str], args: argparse.Namespace
) -> float:
    command = [sys.executable, "-m", "autograder", "grade", str(folder), "--assignment", assignment.name]
    command += ["--course", str(course), "--out", str(out), "--jobs", str(args.jobs), "--seed", str(args.seed)]
    command += ["--device", args.device, "--isolation", "process", *_skips(skipped), *_data(args)]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _time_pytest(
    assignment: Assignment, submissions: Sequence[Path], skipped: Sequence[str], args: argparse.Namespace
) -> float:
    files = [str(path) for path in assignment.test_files()]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "autograder.plugin", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--noconftest", "--import-mode=importlib", "--seed", str(args.seed), *_skips(skipped)]
    command += _data(args)
    # One thread each, as the engine's workers have: two pytest processes with two threads each only stall each other.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(path: Path) -> None:
        whole = [*command, "--device", args.device, "--submission", str(path), *files]
        subprocess.run(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=False)

    started = time.monotonic()
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(run, submissions))
    return time.monotonic() - started


def _data(args: argparse.Namespace) -> list[str]:
    return ["--data", args.data] if args.data is not None else []


def _skips(questions: Sequence[str]) -> list[str]:
    return [item for question in questions for item in ("--skip-question", question)]
