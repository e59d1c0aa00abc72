"""What a release is put through before it goes out, in the place of a student.

The student's archive is unzipped and installed. Then the stub must import, please ruff and score nothing, with no error
of pytest, and the solution in its place must pass every public test. A test worth 0 points says by this that a stub may
pass it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from autograder.core.decimals import plain_decimal
from autograder.core.scratch import scratch_folder
from autograder.core.text import one_line
from autograder.errors import AutograderError
from autograder.release.archive import unpack
from autograder.release.build import Release
from autograder.release.stub import COURSE_TOOLS
from autograder.release.wheel import WHEEL_NAME

FULL, FAST = "full", "fast"
_SECONDS = 1800.0  # for any one command; trained models and downloads take minutes
_SILENCE = 15.0  # seconds after which a person is told that it goes on
_RULES = "E,F,W,I"
# A student has none of our settings, and no data beside what the requirements bring; summaries of CI are not for this.
_OURS = ("PYTEST_", "PYTHON", "COV_", "COURSE_DATA", "GITHUB_", "PIP_TARGET", "PIP_USER", "PIP_REQUIRE_VIRTUALENV")


class CheckError(AutograderError):
    """A release does not do what students rely on; the text names the assignment and the test."""


@dataclass(frozen=True)
class Test:
    """What became of one test.

    Attributes:
        message: the first line of its failure.
    """

    __test__ = False  # the name starts with "Test", pytest would try to collect it

    name: str
    points: Decimal
    passed: bool
    message: str


class Checker:
    """Checks releases, in environments that are made for it and go away with it.

    Args:
        mode: ``full``: a fresh virtual environment, made from the release's own requirements. ``fast``: this
            interpreter, with the engine from the release's wheel.
        say: told what is being done, a line at a time.
    """

    def __init__(self, mode: str, say: Callable[[str], None] = lambda _: None):
        self._mode = mode
        self._say = say
        self._stack = ExitStack()
        self._pythons: dict[bytes, Path] = {}

    def __enter__(self) -> Checker:
        # Not any temporary folder: engines remove those with a name like ours that nobody holds.
        self._scratch = self._stack.enter_context(scratch_folder("autograder-check-"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def check(self, release: Release, solution: bytes) -> str:
        """Check one release; returns what was seen, in one line.

        Args:
            solution: the reference solution's file.

        Raises:
            CheckError: students would not have what they rely on.
        """
        started = time.monotonic()
        trial = _Trial(release, self._new_folder(), self._say)
        python, environment = self._interpreter(release, trial)
        _judge_style(trial)
        trial.run([python, "-c", f"import {release.assignment.module}"], environment, "the stub does not import")
        stub = trial.tests([python], environment, "the stub")
        _judge_stub(trial, stub)
        trial.stub.write_bytes(solution)
        solved = trial.tests([python], environment, "the solution")
        _judge_solution(trial, stub, solved)
        most = plain_decimal(sum((test.points for test in solved), Decimal(0)))
        where = "a fresh environment" if self._mode == FULL else "this environment"
        return (
            f"{_counted(len(solved), 'public test')} in {where}: the stub imports, is tidy and scores 0 of {most}, "
            f"the solution {most} ({time.monotonic() - started:.0f} s)"
        )

    def _interpreter(self, release: Release, trial: _Trial) -> tuple[str, dict[str, str]]:
        """What runs a trial's tests: the program, and its environment."""
        environment = _students_environment()
        if self._mode == FAST:
            engine = self._new_folder()
            _unpack_into(engine, (trial.folder / WHEEL_NAME).read_bytes())
            return sys.executable, {**environment, "PYTHONPATH": str(engine)}
        wanted = release.student["requirements.txt"]  # the wheel is the same for all
        if wanted not in self._pythons:
            self._pythons[wanted] = _fresh_python(trial, self._new_folder(), environment)
        return str(self._pythons[wanted]), environment

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._scratch))


class _Trial:
    """A student's folder, and commands that run in it."""

    def __init__(self, release: Release, scratch: Path, say: Callable[[str], None]):
        self.name = release.assignment.name
        self.folder = scratch / self.name
        self.stub = self.folder / f"{release.assignment.module}.py"
        self._scratch = scratch
        self._say = say
        _unpack_into(scratch, release.student_archive)

    def fail(self, text: str) -> CheckError:
        """An error that names the assignment."""
        return CheckError(f"{self.name}: {one_line(text, 600)}; nothing was written")

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self._say(f"{self.name}: {text}")

    def run(self, command: Sequence[str], environment: Mapping[str, str], otherwise: str) -> None:
        """Run a command that must succeed.

        Raises:
            CheckError: it did not; the text says ``otherwise`` and its last line.
        """
        code, output = self.patiently(command, environment)
        if code != 0:
            raise self.fail(f"{otherwise}: {_last_line(output)}")

    def patiently(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Run a command in the folder, saying every now and then that it goes on; returns its exit code and output.

        Raises:
            CheckError: it takes too long.
        """
        started = time.monotonic()
        with tempfile.TemporaryFile(dir=self._scratch) as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                while True:
                    try:
                        code = process.wait(_SILENCE)
                        break
                    except subprocess.TimeoutExpired:
                        if time.monotonic() - started > _SECONDS:
                            raise self.fail(f"`{' '.join(command[1:4])}` runs for {_SECONDS:.0f} s") from None
                        self.say(f"… {time.monotonic() - started:.0f} s")
            finally:
                process.kill()  # does nothing where it has ended
                process.wait()
            log.seek(0)
            return code, log.read().decode(errors="replace")

    def tests(self, python: Sequence[str], environment: Mapping[str, str], what: str) -> list[Test]:
        """Run pytest as a student does.

        Args:
            what: whose file lies in the folder.

        Raises:
            CheckError: something broke outside of a test.
        """
        self.say(f"pytest with {what}")
        verdicts = self._scratch / "verdicts.json"
        verdicts.unlink(missing_ok=True)
        options = ["-p", "autograder.release.verdicts", "--verdicts", str(verdicts), "-p", "no:cacheprovider"]
        _, output = self.patiently([*python, "-m", "pytest", "--device", "cpu", *options], environment)
        if not verdicts.is_file():
            raise self.fail(f"pytest breaks with {what}: {_last_line(output)}")
        found = json.loads(verdicts.read_text(encoding="utf-8"))
        if found["broken"]:
            raise self.fail(f"pytest has an error with {what}: {found['broken'][0]}")
        if not found["tests"]:
            raise self.fail(f"pytest finds no test with {what}")
        return [Test(**{**test, "points": Decimal(test["points"])}) for test in found["tests"]]


def _judge_stub(trial: _Trial, tests: Sequence[Test]) -> None:
    for test in tests:
        if test.passed and test.points:
            worth = _counted(test.points, "point")
            raise trial.fail(
                f"the stub passes {test.name} and earns {worth}; ask for more, or make it a test worth 0 points"
            )


def _judge_solution(trial: _Trial, stub: Sequence[Test], solved: Sequence[Test]) -> None:
    for test in solved:
        if not test.passed:
            raise trial.fail(f"the solution fails {test.name} in the released folder: {test.message}")
    if missing := {test.name for test in stub} - {test.name for test in solved}:
        raise trial.fail(f"with the solution, {min(missing)} does not run")


def _judge_style(trial: _Trial) -> None:
    """Ruff has nothing to say of the stub, but that a tool of the course is not in use yet.

    Raises:
        CheckError: it has, or it is not installed.
    """
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length", "120", trial.stub.name]
    judged = [*ruff, "check", "--select", _RULES, "--output-format", "json", *options]
    environment = _students_environment()
    code, output = trial.patiently(judged, environment)
    if "No module named ruff" in output:
        raise CheckError("checking a release needs ruff: pip install 'autograder[release]'")
    if code not in (0, 1):
        raise trial.fail(f"ruff breaks: {_last_line(output)}")
    unused = {f"`{tool}` imported but unused" for tool in COURSE_TOOLS}
    for item in json.loads(output):
        if not (item["code"] == "F401" and item["message"] in unused):
            where = f"{trial.stub.name}:{item['location']['row']}"
            raise trial.fail(f"{where}: ruff says of the stub: {item['code']} {item['message']}")
    if trial.patiently([*ruff, "format", "--check", *options], environment)[0] != 0:
        raise trial.fail(f"{trial.stub.name}: the stub is not formatted; format the solution: ruff format")


# ---------------------------------------------------------------------------------------------------------------------
# Environments
# ---------------------------------------------------------------------------------------------------------------------


def _students_environment() -> dict[str, str]:
    """This environment without what a student does not have; one thread, since tests may run beside each other."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    return {**kept, "OMP_NUM_THREADS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _fresh_python(trial: _Trial, folder: Path, environment: Mapping[str, str]) -> Path:
    """The interpreter of a new virtual environment with a release's requirements, and the PyTorch that is in use here.

    Raises:
        CheckError: it can't be made, or the requirements can't be installed.
    """
    trial.say("making a fresh environment")
    base = getattr(sys, "_base_executable", None) or sys.executable
    trial.run([base, "-m", "venv", str(folder)], environment, "no virtual environment can be made")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    constraints = folder / "constraints.txt"
    torch = _torch_version()
    constraints.write_text(f"torch=={torch}\n" if torch else "", encoding="utf-8")
    trial.say("pip install -r requirements.txt")
    install = [str(python), "-m", "pip", "install", "--no-compile", "-r", "requirements.txt", "-c", str(constraints)]
    code, output = trial.patiently(install, environment)
    build = (torch or "").partition("+")[2]
    if code != 0 and build:  # such builds are on no index but PyTorch's own
        index = f"https://download.pytorch.org/whl/{build}"
        code, output = trial.patiently([*install, "--extra-index-url", index], environment)
    if code != 0:
        raise trial.fail(f"pip install -r requirements.txt fails in a fresh environment: {_last_error(output)}")
    return python


def _unpack_into(folder: Path, archive: bytes) -> None:
    for name, data in unpack(archive).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _torch_version() -> str | None:
    try:
        return version("torch")
    except PackageNotFoundError:
        return None


def _counted(number: Decimal | int, what: str) -> str:
    return f"{plain_decimal(Decimal(number))} {what}{'' if number == 1 else 's'}"


def _last_error(output: str) -> str:
    """The last line by which pip says what went wrong."""
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR:")]
    return errors[-1] if errors else _last_line(output)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
