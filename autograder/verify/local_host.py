"""The program that runs answers as students run theirs: ``python -m autograder.verify.local_host JOBS HELLO``.

One pytest session collects all tests of an assignment, public and hidden, with the plugin that students load and the
options of their ``pytest.ini``; then it forks for each answer, so that nothing that one does to the process reaches the
next. Differs from a student's session where a person would notice, and no verdict does: nothing is written into the
course, output is kept back, torch computes with one thread.

Promises: a verdict is on its way before the next test begins, so that an answer that takes the process down, or never
returns, costs that test alone. There is no isolation: this is for a course's own answers.
"""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Generator, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest
import torch

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.linux import die_with_parent
from autograder.core.outcome import Verdict
from autograder.core.text import plain_text
from autograder.core.warm import settle, warm_up
from autograder.errors import (
    AssignmentError,
    AutograderError,
    CheckFailure,
    InfrastructureError,
    LoadError,
    TestDefect,
)
from autograder.plugin import dataset_of

_MAX_JOB = 2**16  # bytes: mostly names of tests
_MESSAGE = 4000  # characters, as of a judge's
_PROBES = 3  # a right answer's test takes less than the limits of so many of its probes


class Host:
    """Pytest plugin that, in the place of running the tests once, runs them for each answer that arrives.

    Args:
        jobs: socket for jobs: a JSON object, with one descriptor for the lines that tell what becomes of it.
        hello: descriptor on which it is said, once, that the tests are collected, or what is wrong.
        assignment: whose tests they are.
    """

    def __init__(self, jobs: socket.socket, hello: int, assignment: Assignment):
        self._jobs = jobs
        self._hello = hello
        self._assignment = assignment
        self._problem: str | None = None

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the first file that can't be collected."""
        if report.failed and self._problem is None:
            self._problem = f"{Path(report.nodeid).name or 'tests'} can't be collected: {report.longreprtext.strip()}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the other end hangs up."""
        self._read_data(session.config)
        _tell(self._hello, {"problem": self._problem})
        if self._problem is not None:
            return True
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them; their lines say how they ended
        while (job := _next_job(self._jobs)) is not None:
            order, lines = job
            if os.fork() == 0:
                self._become_run(session.items, order, lines)
            os.close(lines)
        return True

    def _read_data(self, config: pytest.Config) -> None:
        """What training tests read, and what is imported on first use: once, for all forks."""
        try:
            if name := dataset_of(config, self._assignment):
                from autograder.data import load  # most assignments need no data

                load(name)
        except (AutograderError, pytest.UsageError) as error:
            self._problem = self._problem or str(error)
        for module in self._assignment.preload:
            import_module(module)
        warm_up()
        settle()

    def _become_run(self, items: Sequence[pytest.Item], order: dict[str, Any], lines: int) -> NoReturn:
        status = 70
        try:
            die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._jobs.close()
            with open(lines, "w", encoding="utf-8") as stream:
                _run([item for item in items if item.name in order["tests"]], order, stream, self._assignment)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def _run(items: Sequence[pytest.Item], order: dict[str, Any], stream: IO[str], assignment: Assignment) -> None:
    config = items[0].config
    config.option.seed, config.option.submission = order["seed"], order["submission"]
    config.pluginmanager.register(_Recorder(stream))
    for item, following in zip(items, [*items[1:], None], strict=True):
        _say(stream, {"begins": item.name})
        stream.flush()  # here only: each time, who listens is woken
        signal.alarm(_patience(item, assignment))  # nobody else ends what never returns; the alarm ends the process
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        signal.alarm(0)
    _say(stream, {"cpu": time.process_time()})


def _patience(item: pytest.Item, assignment: Assignment) -> int:
    """Seconds that a test may take."""
    mark = item.get_closest_marker("timeout")
    return math.ceil(_PROBES * (float(mark.args[0]) if mark else assignment.limits.seconds))


class _Recorder:
    """Pytest plugin that says of each test how it went, in the words that pytest has for a student."""

    def __init__(self, stream: IO[str]):
        self._stream = stream

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        error = call.excinfo.value if call.excinfo is not None else None
        if report.when == "call" or error is not None:
            message = "" if call.excinfo is None else _words(report, call.excinfo)
            line = {"test": item.name, "verdict": _verdict(report, error), "message": plain_text(message, _MESSAGE)}
            cause = error.cause if isinstance(error, CheckFailure) else None
            _say(self._stream, {**line, "cause": cause, "loads": not isinstance(error, LoadError)})
        return report


def _verdict(report: pytest.TestReport, error: BaseException | None) -> Verdict:
    """As the judge has it: a test that breaks, or skips itself, judged nothing."""
    if report.passed:
        return "passed"
    ours = isinstance(error, TestDefect | InfrastructureError)
    return "failed" if report.failed and report.when == "call" and not ours else "error"


def _words(report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """What a student reads of a failure, without the place in the test; of a traceback its last line."""
    if isinstance(report.longrepr, str):
        return report.longrepr.rpartition("\n(")[0] or report.longrepr
    return excinfo.exconly(tryshort=True)


def _next_job(jobs: socket.socket) -> tuple[dict[str, Any], int] | None:
    data, descriptors, _, _ = socket.recv_fds(jobs, _MAX_JOB, 1)
    return (json.loads(data), descriptors[0]) if data else None


def _say(stream: IO[str], line: dict[str, Any]) -> None:
    stream.write(f"{json.dumps(line)}\n")


def _tell(hello: int, message: dict[str, Any]) -> None:
    with open(hello, "w", encoding="utf-8") as stream:
        _say(stream, message)


def main() -> None:
    """Entry point; which tests, and which data, comes as JSON on standard input."""
    jobs, hello = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    order = json.loads(sys.stdin.read())
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        assignment = load_assignment(Path(order["assignment"]))
    except AssignmentError as error:
        _tell(hello, {"problem": str(error)})
        return
    pytest.main(_arguments(assignment, order["data"]), plugins=[Host(jobs, hello, assignment)])


def _arguments(assignment: Assignment, data: str | None) -> list[str]:
    """A student's ``pytest``; captured output stays in memory, since forks would share a file."""
    folder = str(assignment.folder)
    arguments = ["-c", os.devnull, "--rootdir", folder, "--confcutdir", folder]
    arguments += ["-p", "no:cacheprovider", "-p", "no:logging"]  # which takes a fifth of the time, and judges nothing
    arguments += ["-p", "autograder.plugin", "--capture=sys", "--tb=short", "--no-header", "-rN", "--device", "cpu"]
    if data is not None:
        arguments += ["--data", data]
    return arguments + [str(path) for path in assignment.test_files()]


if __name__ == "__main__":
    main()
