"""The trusted process that collects an assignment's tests once and forks a judge for each submission.

It starts isolated from wherever the grader was called: own working directory, no conftest, no configuration file, no
plugin but ours. Forked by the zygote, which knows no path; its order comes by a pipe.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import signal
import socket
import traceback
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.decimals import plain_decimal
from autograder.core.judge import judge
from autograder.core.linux import die_with_parent
from autograder.core.outcome import Graded
from autograder.core.sandboxed import SandboxedBackend
from autograder.core.warm import settle
from autograder.errors import AssignmentError, AutograderError
from autograder.plugin import INFO, dataset_of

_MAX_JOB = 2**16  # bytes: mostly names of tests


class Host:
    """Pytest plugin that, in the place of running the tests once, runs them for each job that arrives.

    Args:
        jobs: socket on which the engine sends jobs: a JSON object, with two descriptors (folder, result pipe).
        hello: descriptor on which the engine learns, once, what was collected or what is wrong.
        nursery: control socket of the nursery, for the judges.
        assignment: the assignment that is graded.
        device: that workers use.
        measure_memory: ask each worker for its memory at the end.
        only_tests: names of the tests to run; empty: all.
    """

    def __init__(
        self,
        jobs: socket.socket,
        nursery: socket.socket,
        hello: int,
        assignment: Assignment,
        *,
        device: str = "cpu",
        measure_memory: bool = False,
        only_tests: Sequence[str] = (),
    ):
        self._jobs = jobs
        self._hello = hello
        self._nursery = nursery
        self._assignment = assignment
        self._device = device
        self._measure_memory = measure_memory
        self._only_tests = frozenset(only_tests)
        self.problem: str | None = None

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the first file that can't be collected: without it no one may be graded."""
        if report.failed and self.problem is None:
            self.problem = f"{Path(report.nodeid).name or 'tests'} can't be collected: {report.longreprtext.strip()}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the engine hangs up."""
        items = [item for item in session.items if not self._only_tests or item.name in self._only_tests]
        data, note = "", ""
        try:
            data, note = self._load_data(session.config)
        except (AutograderError, pytest.UsageError) as error:
            self.problem = self.problem or str(error)
        if self.problem is None:
            partly = bool(session.config.getoption("--skip-question") or self._only_tests)
            self.problem = _unfit(items, self._assignment, partly=partly)
        if self.problem is not None:
            _tell(self._hello, {"problem": self.problem[-3000:]})
            return True
        _tell(self._hello, {"tests": [_as_json(item) for item in items], "data": data, "data_note": note})
        for item in items:
            _ = item.location  # found once here, or by each judge
        settle()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # judges report by their pipe; the kernel reaps them
        while (job := _next_job(self._jobs)) is not None:
            message, folder, result = job
            if os.fork() == 0:
                self._become_judge(items, message, folder, result)
            os.close(folder)
            os.close(result)
        return True

    def _load_data(self, config: pytest.Config) -> tuple[str, str]:
        """Read the data set in use, once for all judges; its name and a line on it, empty where there is none."""
        name = dataset_of(config, self._assignment)
        if not name:
            return "", ""
        from autograder.data import describe, load  # most assignments need no data

        load(name)
        return name, describe(name)

    def _become_judge(self, items: list[pytest.Item], job: dict[str, Any], folder: int, result: int) -> NoReturn:
        status = 70
        try:
            die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            gc.disable()  # a judge lives for a fraction of a second; collecting would copy the host's pages
            self._jobs.close()
            backend = SandboxedBackend(self._nursery, folder, job["file"], self._assignment, self._device)
            items = [item for item in items if not job["tests"] or item.name in job["tests"]]
            items[0].config.option.seed = job["seed"]
            try:
                graded = judge(items, backend, job["key"], measure_memory=self._measure_memory)
                with open(result, "wb") as stream:
                    stream.write(graded_to_json(graded))
            finally:
                backend.remove_traces()  # after the result, which nobody has to wait for then
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def graded_to_json(graded: Graded) -> bytes:
    """A graded submission as the judge sends it to the engine."""
    return json.dumps(dataclasses.asdict(graded)).encode()


def _unfit(items: list[pytest.Item], assignment: Assignment, *, partly: bool) -> str | None:
    """Why these tests can't grade anyone, or None."""
    if not items:
        return f"{assignment.folder}: no tests were collected, or none of those that were asked for"
    for item in items:
        if INFO not in item.stash:
            return f"{item.nodeid}: the test has no points; mark it @points(n, question=...)"
    total = sum((item.stash[INFO].points for item in items), Decimal(0))
    if not partly and total != assignment.points:
        have, want = plain_decimal(total), plain_decimal(assignment.points)
        return f"{assignment.folder / 'assignment.toml'}: points = {want}, but its tests are worth {have} together"
    return None


def _as_json(item: pytest.Item) -> dict[str, Any]:
    info = item.stash[INFO]
    return {**dataclasses.asdict(info), "points": str(info.points)}


def _next_job(jobs: socket.socket) -> tuple[dict[str, Any], int, int] | None:
    data, descriptors, _, _ = socket.recv_fds(jobs, _MAX_JOB, 2)
    if not data:
        return None
    folder, result = descriptors
    return json.loads(data), folder, result


def _tell(hello: int, message: dict[str, Any]) -> None:
    with open(hello, "wb") as stream:
        stream.write(json.dumps(message).encode())


def main(jobs_fd: int, nursery_fd: int, hello: int, order: dict[str, Any]) -> None:
    """Go on as judge host, in the zygote's child.

    Args:
        jobs_fd, nursery_fd, hello: descriptors, as in ``Host``.
        order: what to grade, and how.
    """
    jobs, nursery = socket.socket(fileno=jobs_fd), socket.socket(fileno=nursery_fd)
    try:
        assignment = load_assignment(Path(order["assignment"]))
    except AssignmentError as error:
        _tell(hello, {"problem": str(error)})
        return
    device, measure = order["device"], order["measure_memory"]
    only = order["only_tests"]
    host = Host(jobs, nursery, hello, assignment, device=device, measure_memory=measure, only_tests=only)
    pytest.main(_arguments(order, assignment), plugins=[host])


def _arguments(order: dict[str, Any], assignment: Assignment) -> list[str]:
    arguments = ["-c", os.devnull, "--rootdir", str(assignment.folder), "--noconftest", "--import-mode=importlib"]
    arguments += ["--assert=plain"]  # rewritten ones write out both sides, which may take minutes
    for plugin in (
        "cacheprovider",
        "terminal",
        "faulthandler",
        "unraisableexception",
        "threadexception",
        "junitxml",
        "logging",
        "warnings",
    ):
        arguments += ["-p", f"no:{plugin}"]
    arguments += ["-p", "autograder.plugin", "-s", "--device", order["device"], "--seed", str(order["seed"])]
    if order["data"] is not None:
        arguments += ["--data", order["data"]]
    for question in order["skip_questions"]:
        arguments += ["--skip-question", question]
    return arguments + [str(path) for path in assignment.test_files()]
