"""Answers through the bundles for Gradescope and otter: real ones, unpacked and started as those systems do it.

Each answer costs seconds, since a bundle starts everything anew. It runs all tests, those that train too, and draws its
inputs by a seed that nobody knows before: verdicts are compared with those on another seed.

Promises: points are checked too. Where a system's points of a question are not those of the verdicts that it shows, the
tests of that question have the verdict "error", which nothing agrees with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.outcome import TestInfo
from autograder.core.scratch import remove_tree, scratch_folder
from autograder.data import offline_choice
from autograder.grading.scoring import score_questions
from autograder.release.archive import pack
from autograder.release.gradescope import PROGRAMS, gradescope_files
from autograder.release.otter import otter_files, read_tests
from autograder.release.wheel import Wheel
from autograder.verify.facts import Answer, Mode, Result, Seen

_WHEEL = Wheel("autograder-0-py3-none-any.whl", b"")  # bundles install it; here everything is installed
_GRACE = 300.0  # seconds beyond a submission's own limit
_POINTS = Decimal("0.000001")  # otter adds floats


@dataclass(frozen=True)
class Told:
    """What a system says of an answer.

    Attributes:
        seed: of the inputs that were drawn.
        tests: verdict and message of each test, by question in the order of the tests.
        points: of each question.
    """

    seed: int
    tests: Mapping[str, Sequence[Seen]]
    points: Mapping[str, Decimal]


class BundleFailed(Exception):
    """A bundle gave no result; the text is the end of what it said."""


class Bundle:
    """One assignment's bundle for one system.

    Args:
        course: its folder.
        assignment: what is graded.
        mode: "otter" or "gradescope".
        jobs: answers at a time.
    """

    def __init__(self, course: Path, assignment: Assignment, mode: Mode, *, jobs: int = 1):
        self._assignment = assignment
        self._mode = mode
        self._jobs = jobs
        self._seconds = assignment.limits.submission_seconds + _GRACE
        tests = read_tests(assignment)
        self._tests = {
            question.name: own
            for question in assignment.questions
            if (own := [test for test in tests if test.question == question.name])
        }
        make: Callable[..., dict[str, bytes]] = otter_files if mode == "otter" else gradescope_files
        self._files = make(course, assignment, _WHEEL)
        self._stack = ExitStack()

    def __enter__(self) -> Bundle:
        self._scratch = self._stack.enter_context(scratch_folder("autograder-verify-"))
        self._zip = self._scratch / "bundle.zip"
        if self._mode == "otter":
            self._zip.write_bytes(pack(self._files))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def run(self, answers: Iterable[Answer], seed: int) -> Iterator[Result]:
        """Run answers; yields in order of completion.

        Args:
            seed: what the results are filed under; the messages of failures name that of the inputs.
        """
        with ThreadPoolExecutor(self._jobs) as pool:
            running = {pool.submit(self._told, answer, number): answer for number, answer in enumerate(answers)}
            try:
                for done in as_completed(running):
                    name = running[done].name
                    try:
                        seen = self._verdicts(done.result())
                    except BundleFailed as error:
                        seen = {test.name: Seen("error", str(error)) for test in self._all_tests}
                    yield Result(name, seed, self._mode, seen)
            finally:
                pool.shutdown(cancel_futures=True)

    @property
    def _all_tests(self) -> list[TestInfo]:
        return [test for own in self._tests.values() for test in own]

    def _told(self, answer: Answer, number: int) -> Told:
        folder = self._scratch / str(number)
        folder.mkdir()
        try:
            told = self._by_otter if self._mode == "otter" else self._by_gradescope
            return told(answer, folder)
        finally:
            remove_tree(folder)

    def _by_gradescope(self, answer: Answer, root: Path) -> Told:
        """Lay out what the container has, and start the program that it starts."""
        for name, data in self._files.items():
            (root / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "source" / name).write_bytes(data)
        (root / "submission").mkdir()
        (root / "submission" / f"{self._assignment.module}.py").write_text(answer.source, encoding="utf-8")
        program = PROGRAMS[-1]
        shutil.copy(root / "source" / program, root)
        (root / program).chmod(0o755)
        places = {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
        said = self._start([str(root / program)], root, places)
        return told_by_gradescope(_read(root / "results" / "results.json", said), self._tests)

    def _by_otter(self, answer: Answer, folder: Path) -> Told:
        file, out = folder / f"{self._assignment.module}.py", folder / "told.json"
        file.write_text(answer.source, encoding="utf-8")
        module = "autograder.verify.otter_case"
        said = self._start([sys.executable, "-P", "-m", module, str(file), str(self._zip), str(out)], folder, {})
        return told_by_otter(_read(out, said))

    def _start(self, command: Sequence[str], folder: Path, places: Mapping[str, str]) -> str:
        """Run a command to its end; returns what it said."""
        data = offline_choice(self._assignment.data)
        ours = {"COURSE_DATA": str(folder)} if data else {}  # so that it takes what comes with the packages
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **places, **ours},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self._seconds,
            )
        except subprocess.TimeoutExpired:
            raise BundleFailed(f"the bundle for {self._mode} did not end within {self._seconds:g} s") from None
        return done.stdout.decode("utf-8", "replace")

    def _verdicts(self, told: Told) -> dict[str, Seen]:
        """By test; a failure's message ends with the seed that repeats it."""
        seen = {}
        for question, tests in self._tests.items():
            cases = told.tests.get(question, ())
            for number, test in enumerate(tests):
                case = cases[number] if len(cases) == len(tests) else Seen("error", "the result does not have it")
                seen[test.name] = case if case.verdict == "passed" else _with_seed(case, told.seed)
        return {**seen, **self._misjudged(told, seen)}

    def _misjudged(self, told: Told, seen: Mapping[str, Seen]) -> dict[str, Seen]:
        """The tests of questions that have other points than their verdicts make."""
        passed = frozenset(name for name, case in seen.items() if case.verdict == "passed")
        wrong: dict[str, Seen] = {}
        for score in score_questions(self._assignment, self._all_tests, passed):
            given = told.points.get(score.name)
            if given is None or abs(given - score.score) > _POINTS:
                text = f"{self._mode} gives {given} points for the question, its verdicts make {score.score}"
                wrong |= {test.name: _with_seed(Seen("error", text), told.seed) for test in self._tests[score.name]}
        return wrong


def _with_seed(seen: Seen, seed: int) -> Seen:
    return Seen(seen.verdict, f"{seen.message} (seed {seed})".strip())


def _read(path: Path, said: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        raise BundleFailed(f"the bundle gave no result: {lines[-1] if lines else 'it said nothing'}") from None


def told_by_otter(raw: Mapping[str, Any]) -> Told:
    """What ``otter_case`` wrote."""
    questions: Mapping[str, Any] = raw["questions"]
    tests = {name: [_seen(passed, text) for passed, text in each["cases"]] for name, each in questions.items()}
    points = {name: Decimal(str(each["score"])) for name, each in questions.items()}
    return Told(raw["seed"], tests, points)


def told_by_gradescope(results: Mapping[str, Any], tests: Mapping[str, Sequence[TestInfo]]) -> Told:
    """What results.json says, which numbers questions from 1, and their tests 1.1, 1.2, …

    Args:
        tests: by question.

    Raises:
        BundleFailed: the grader broke.
    """
    if "score" not in results:
        raise BundleFailed(f"the bundle for gradescope has no score: {results.get('output')}")
    rows = [row for row in results["tests"] if "number" in row]
    seen: dict[str, list[Seen]] = {}
    points: dict[str, Decimal] = {}
    for number, question in enumerate(tests, start=1):
        own = [row for row in rows if row["number"].partition(".")[0] == str(number)]
        cases = [row for row in own if "." in row["number"]]
        seen[question] = [_seen(row["status"] == "passed", row["output"]) for row in cases]
        points[question] = sum((Decimal(str(row["score"])) for row in own if "score" in row), Decimal(0))
    return Told(results["extra_data"]["seed"], seen, points)


def _seen(passed: bool, text: str) -> Seen:
    return Seen("passed") if passed else Seen("failed", text)
