"""The engine as the grader's own process sees it: start the machinery, hand out submissions, collect verdicts.

Promises: ``grade`` yields one ``Graded`` for every task, whatever the submission does; a judge that dies, hangs or
sends half an answer makes an ``error``, never points. Needs no torch in this process, so a command starts at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import TracebackType
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.gpus import jobs_that_fit
from autograder.core.layers import Isolation, NurseryOrder
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome
from autograder.core.processes import first_words, isolation_of, start_judge_host, start_nursery
from autograder.core.scratch import scratch_folder
from autograder.errors import AssignmentError, InfrastructureError

_JUDGE_SECONDS = 180.0  # what judging may take beyond the submission's own limit
_CHUNK = 2**16


@dataclass
class _Running:
    task: Task
    deadline: float
    attempt: int
    received: bytearray = field(default_factory=bytearray)


class Engine:
    """A nursery and a judge host for one assignment.

    Args:
        assignment: what is graded.
        jobs: submissions judged at the same time.
        device: "cpu", "cuda", or "auto" for a GPU where there is one; with ``processes = true`` it is the CPU.
        seed: of everything that is drawn; the same seed gives the same verdicts.
        skip_questions: questions whose tests are left out.
        only_tests: the names of the tests to run; empty: all.
        data: the data set to train on; None: the first of the assignment's that is here.
        measure_memory: note each worker's memory (costs some milliseconds each).
        without: layers of isolation to leave out (to see what they stop, and what they cost).
        accept_less: grade also where a required layer is missing.

    Attributes (once entered):
        tests: what was collected.
        device: "cpu" or "cuda".
        jobs: as asked for, or what a GPU's memory has room for.
        data: the data set in use, "" for an assignment that has none.
        data_note: what that is, where it is read from, and how to get another one.
        isolation: what workers run under.
        versions: of what the verdicts depend on.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        jobs: int = 1,
        device: str = "auto",
        seed: int = 0,
        skip_questions: Iterable[str] = (),
        only_tests: Iterable[str] = (),
        data: str | None = None,
        measure_memory: bool = False,
        without: Iterable[str] = (),
        accept_less: bool = False,
    ):
        self.assignment = assignment
        self.jobs = jobs
        # A process that was forked can't use CUDA, nor autograd where its parent has used it beside a GPU.
        self.device = "cpu" if assignment.limits.processes else device
        self.seed = seed
        self.tests: tuple[TestInfo, ...] = ()
        self.isolation = Isolation()
        self.versions: dict[str, str] = {}
        self._skip = sorted(assignment.question(name).name for name in skip_questions)
        self._only = sorted(only_tests)
        self._asked_data = data
        self.data = self.data_note = ""
        self._measure_memory = measure_memory
        self._without = tuple(without)
        self._accept_less = accept_less or bool(self._without)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Engine:
        if sys.platform != "linux":
            raise InfrastructureError("grading runs on Linux only; students' own pytest runs anywhere")
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        """Grade submissions, ``jobs`` at a time; yields in order of completion and takes tasks as it needs them."""
        waiting = iter(tasks)
        again: list[_Running] = []
        with selectors.DefaultSelector() as selector:
            try:
                while True:
                    self._fill(selector, waiting, again)
                    if not selector.get_map():
                        return
                    for run, graded in self._finished(selector):
                        if graded.error is not None and run.attempt == 1 and not self._alive():
                            again.append(replace(run, attempt=2, received=bytearray()))
                        else:
                            yield graded
            finally:
                for key in list(selector.get_map().values()):
                    os.close(key.fd)

    def _fill(self, selector: selectors.BaseSelector, waiting: Iterator[Task], again: list[_Running]) -> None:
        while len(selector.get_map()) < self.jobs:
            run = again.pop() if again else None
            if run is None:
                task = next(waiting, None)
                if task is None:
                    return
                run = _Running(task, 0.0, 1)
            if not self._alive():
                if selector.get_map():  # let those that were running learn their fate first
                    again.append(run)
                    return
                self._stack.close()
                self._start()
            self._submit(selector, run)

    def _submit(self, selector: selectors.BaseSelector, run: _Running) -> None:
        read, write = os.pipe()
        folder = os.open(run.task.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            task, seed = run.task, self.seed if run.task.seed is None else run.task.seed
            order = json.dumps({"key": task.key, "file": task.file, "tests": task.tests, "seed": seed}).encode()
            # A host that died is noticed by the pipe's end, like a judge that died.
            with contextlib.suppress(OSError):
                socket.send_fds(self._jobs, [order], [folder, write])
        finally:
            os.close(folder)
            os.close(write)
        run.deadline = time.monotonic() + self.assignment.limits.submission_seconds + _JUDGE_SECONDS
        selector.register(read, selectors.EVENT_READ, data=run)

    def _finished(self, selector: selectors.BaseSelector) -> Iterator[tuple[_Running, Graded]]:
        """Wait for something to happen; yields those whose judge is done, dead or overdue."""
        for key, _ in selector.select(timeout=1.0):
            run: _Running = key.data
            chunk = os.read(key.fd, _CHUNK)
            run.received += chunk
            if not chunk:
                selector.unregister(key.fd)
                os.close(key.fd)
                yield run, _graded(run)
        for key in list(selector.get_map().values()):
            if time.monotonic() > key.data.deadline:
                selector.unregister(key.fd)
                os.close(key.fd)
                yield key.data, Graded(key.data.task.key, error="the judge did not finish in time")

    def _alive(self) -> bool:
        return all(process.is_alive() for process in (self._nursery, self._host))

    def _start(self) -> None:
        with contextlib.ExitStack() as stack:
            home = str(stack.enter_context(scratch_folder("autograder-")))
            log = stack.enter_context(tempfile.TemporaryFile())
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            jobs, host_jobs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in (ours, theirs, jobs, host_jobs):
                stack.enter_context(end)
            nursery, words = start_nursery(stack, theirs, home, log, self._nursery_order())
            self._resolve(first_words(words, "the nursery", log))
            hello, host_hello = os.pipe()
            fds = [host_jobs.fileno(), ours.fileno(), host_hello]
            host = start_judge_host(stack, fds, home, log, self._order(), _for_judges())
            os.close(host_hello)
            self._nursery, self._host, self._jobs = nursery, host, jobs
            self._note_tests(first_words(os.fdopen(hello, "rb"), "the judge host", log))
            # From here on each end has one owner: when a process dies, whoever waits for it notices.
            for end in (ours, theirs, host_jobs):
                end.close()
            self._stack = stack.pop_all()

    def _resolve(self, found: dict[str, Any]) -> None:
        if self.device == "auto":
            self.device = "cuda" if found["cuda"] else "cpu"
        elif self.device == "cuda" and not found["cuda"]:
            raise InfrastructureError("--device cuda: PyTorch sees no GPU here; use --device cpu")
        if self.device == "cuda":
            self.jobs = jobs_that_fit(self.jobs, self.assignment.limits.gpu_memory_mb)
        self.isolation = isolation_of(found)
        if self.isolation.missing and not self._accept_less:
            raise InfrastructureError(_too_little(self.isolation))
        self.versions = {"python": sys.version.split()[0], "torch": found["torch"]}

    def _nursery_order(self) -> NurseryOrder:
        limits = self.assignment.limits
        return NurseryOrder(
            without=self._without,
            gpu=self.device != "cpu",
            workers=self.jobs,
            memory_mb=limits.memory_mb + limits.scratch_mb,
            tasks=limits.tasks,
            preload=self.assignment.preload,
        )

    def _order(self) -> dict[str, Any]:
        return {
            "assignment": str(self.assignment.folder.resolve()),
            "device": self.device,
            "seed": self.seed,
            "skip_questions": self._skip,
            "only_tests": self._only,
            "data": self._asked_data,
            "measure_memory": self._measure_memory,
        }

    def _note_tests(self, hello: dict[str, Any]) -> None:
        if "problem" in hello:
            raise AssignmentError(hello["problem"])
        self.data, self.data_note = hello["data"], hello["data_note"]
        self.tests = tuple(TestInfo(**{**test, "points": Decimal(test["points"])}) for test in hello["tests"])


def _for_judges() -> dict[str, str]:
    """The environment that judges have and workers lack: where data lies. They see no GPU: they compute oracles."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.environ.get("COURSE_DATA")
    data = {"COURSE_DATA": os.path.abspath(folder)} if folder else {}  # they work in a folder of their own
    return {"CUDA_VISIBLE_DEVICES": "", "XDG_CACHE_HOME": cache, **data}


def _too_little(isolation: Isolation) -> str:
    missing = "; ".join(f"{layer.name}: {layer.remark}" for layer in isolation.missing)
    return (
        f"code from strangers would run without {missing}. See `autograder doctor`; "
        "--isolation=process says that you accept it"
    )


def _graded(run: _Running) -> Graded:
    """What a judge sent, or the error that it makes when it is not whole."""
    try:
        raw = json.loads(run.received)
    except ValueError:
        return Graded(run.task.key, error="the judge died before it finished")
    raw["outcomes"] = tuple(TestOutcome(**outcome) for outcome in raw["outcomes"])
    raw["notes"] = tuple(raw["notes"])
    return Graded(**raw)
