"""Answers under a student's own pytest: in process, with no clock and no walls, thousands of them.

``local_host`` is the process that collected the tests; this is its other end. Needs no torch here.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.processes import first_words
from autograder.errors import AssignmentError, InfrastructureError
from autograder.verify.facts import Result, Seen

TAKEN_DOWN = "takes pytest down with it, or never returns"  # what a clock or a wall stops elsewhere
_CHUNK = 2**16
# What makes another session of pytest than this one; a summary of CI is not for this.
_FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "GITHUB_STEP_SUMMARY")


@dataclass(frozen=True)
class Job:
    """An answer to run.

    Attributes:
        answer: its name.
        file: ``.py`` or ``.ipynb``.
        seed: of the drawn inputs.
        tests: the names of those to run.
    """

    answer: str
    file: Path
    seed: int
    tests: tuple[str, ...]


@dataclass
class _Running:
    """A job, as far as it came.

    Attributes:
        left: the tests that have no verdict yet.
        received: by the fork that is at it, not yet read.
    """

    job: Job
    left: tuple[str, ...]
    tests: dict[str, Seen] = field(default_factory=dict)
    load_error: str | None = None
    cpu: float = 0.0
    received: bytearray = field(default_factory=bytearray)


class LocalRun:
    """A warm pytest session for one assignment.

    Args:
        assignment: whose tests run.
        jobs: answers at a time.
        data: the data set to train on; None: the first of the assignment's that is here.
    """

    def __init__(self, assignment: Assignment, *, jobs: int = 1, data: str | None = None):
        self._assignment = assignment
        self._most = jobs
        self._data = data
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> LocalRun:
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Run answers; yields in order of completion.

        A test that takes its process down is failed, and those that were to follow run in a process of their own.

        Raises:
            InfrastructureError: the session died.
        """
        waiting = (_Running(job, job.tests) for job in jobs)
        again: list[_Running] = []
        with selectors.DefaultSelector() as selector:
            try:
                while True:
                    while len(selector.get_map()) < self._most:
                        run = again.pop() if again else next(waiting, None)
                        if run is None:
                            break
                        self._submit(selector, run)
                    if not selector.get_map():
                        return
                    for run in _ended(selector):
                        self._take_lines(run)
                        if run.left:
                            again.append(run)
                        else:
                            yield Result(run.job.answer, run.job.seed, "local", run.tests, run.load_error, run.cpu)
            finally:
                for key in list(selector.get_map().values()):
                    os.close(key.fd)

    def _submit(self, selector: selectors.BaseSelector, run: _Running) -> None:
        read, write = os.pipe()
        selector.register(read, selectors.EVENT_READ, data=run)
        order = {"submission": str(run.job.file), "seed": run.job.seed, "tests": run.left}
        try:
            socket.send_fds(self._jobs, [json.dumps(order).encode()], [write])
        except OSError as error:
            raise InfrastructureError(f"the local pytest session is gone: {error.strerror}") from None
        finally:
            os.close(write)

    def _take_lines(self, run: _Running) -> None:
        """What a fork said until it ended; a test that it began and never finished is what ended it."""
        lines = [json.loads(line) for line in run.received.split(b"\n") if line]
        if not lines:
            raise InfrastructureError(f"the local pytest session died at {run.job.answer}: {self._last_words()}")
        run.received.clear()
        begun = [line["begins"] for line in lines if "begins" in line]
        for line in lines:
            self._note(run, line)
        if "cpu" not in lines[-1]:
            run.tests[begun[-1]] = Seen("failed", f"{begun[-1]} {TAKEN_DOWN}")
        run.left = tuple(name for name in run.left if name not in begun)

    @staticmethod
    def _note(run: _Running, line: dict[str, Any]) -> None:
        run.cpu += line.get("cpu", 0.0)
        if "test" in line:
            earlier = run.tests.get(line["test"])
            if earlier is None or earlier.verdict == "passed":  # a test that passed may fail as it is torn down
                run.tests[line["test"]] = Seen(line["verdict"], line["message"], line["cause"])
            if not line["loads"]:
                run.load_error = line["message"]

    def _start(self, stack: contextlib.ExitStack) -> None:
        self._log = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
        jobs, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        hello, their_hello = os.pipe()
        with theirs:
            process = self._spawn(theirs.fileno(), their_hello)
        os.close(their_hello)
        stack.callback(_end, process)
        stack.callback(jobs.close)
        self._jobs = jobs
        assert process.stdin is not None
        order = {"assignment": str(self._assignment.folder.resolve()), "data": self._data}
        with contextlib.suppress(BrokenPipeError), process.stdin:  # its first words don't come then
            process.stdin.write(json.dumps(order).encode())
        problem = first_words(os.fdopen(hello, "rb"), "the local pytest session", self._log)["problem"]
        if problem is not None:
            raise AssignmentError(problem)

    def _spawn(self, jobs: int, hello: int) -> subprocess.Popen[bytes]:
        """In a session of its own, so that Ctrl-C reaches the command alone."""
        environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.verify.local_host", str(jobs), str(hello)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            env={**environment, **ours},
            pass_fds=[jobs, hello],
            start_new_session=True,
        )

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"


def _ended(selector: selectors.BaseSelector) -> Iterator[_Running]:
    """Wait for something to be said; yields the runs whose process is gone."""
    for key, _ in selector.select():
        run: _Running = key.data
        chunk = os.read(key.fd, _CHUNK)
        run.received += chunk
        if not chunk:
            selector.unregister(key.fd)
            os.close(key.fd)
            yield run


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
