"""Judging one submission: the collected tests run here, in a process forked for it, and only values reach them.

Promises: each collected test gets a verdict. Failed means that the submission is wrong or broke; error means that the
grader broke (a defect of the test, a lost nursery) and is never counted as the student's zero. A test that skips itself
judged nothing, which is an error too. Nothing that a submission sends is unpickled, imported, evaluated or formatted by
its own code.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder.core.figures import Figures, collected_figures
from autograder.core.outcome import Graded, TestOutcome, Verdict
from autograder.core.sandboxed import SandboxedBackend
from autograder.core.text import plain_text
from autograder.errors import CheckFailure, InfrastructureError, SubmissionError, TestDefect, WireError
from autograder.plugin import BACKEND, INFO, MEASURED

_MESSAGE = 4000  # characters
_ENGINE = Path(__file__).parent


class Recorder:
    """Pytest plugin that turns the phases of each test into one outcome.

    Args:
        backend: where what a submission printed is fetched.
        figures: where what a test shows is collected.
    """

    def __init__(self, backend: SandboxedBackend, figures: Figures):
        self._backend = backend
        self._figures = figures
        self.outcomes: dict[str, TestOutcome] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> pytest.TestReport:
        """Note the verdict; the report that pytest gets is bare, since building one reads and parses sources."""
        failed = call.excinfo is not None
        if call.when == "call" or failed:
            self._note(item, call.excinfo)
        outcome: Any = "failed" if failed else "passed"
        when: Any = call.when
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, when, start=0, stop=0, duration=0)

    def _note(self, item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException] | None) -> None:
        name, output, measured = item.name, self._backend.take_output(), item.stash.get(MEASURED, {})
        figures = self._figures.take(excinfo.value if excinfo else None, public=not item.stash[INFO].hidden)
        if excinfo is None:
            self.outcomes[name] = TestOutcome(name, "passed", output=output, measured=measured, figures=figures)
            return
        verdict, message = _judged(excinfo)
        cause = excinfo.value.cause if isinstance(excinfo.value, CheckFailure) else None
        message = plain_text(message, _MESSAGE)
        self.outcomes[name] = TestOutcome(name, verdict, message, cause, output, measured, figures)


def _judged(excinfo: pytest.ExceptionInfo[BaseException]) -> tuple[Verdict, str]:
    error = excinfo.value
    if isinstance(error, AssertionError):
        # Not rewritten by pytest: that writes out both sides, for minutes where they are made for it.
        return "failed", str(error) or f"this condition of the test does not hold: {excinfo.traceback[-1].statement}"
    if isinstance(error, SubmissionError | pytest.fail.Exception):
        return "failed", str(error)
    if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
        return "error", f"the test did not judge: {error}"
    if isinstance(error, TestDefect | InfrastructureError | OSError | MemoryError) or not isinstance(error, Exception):
        return "error", f"{type(error).__name__}: {error}"
    if _is_ours(excinfo) or isinstance(error, NameError | ImportError):  # no value makes a name undefined
        return "error", f"the grader has a bug: {type(error).__name__}: {error}"
    # The test's own code tripped over what came back: one value where it unpacks two, a shape that does not multiply.
    return "failed", f"what came back can't be used: {type(error).__name__}: {error}"


def _is_ours(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether an error arose in the engine; one of the wire is about a value that the test wanted to send."""
    raised_in = Path(str(excinfo.traceback[-1].path))
    return raised_in.is_relative_to(_ENGINE) and not isinstance(excinfo.value, WireError)


def judge(items: Sequence[pytest.Item], backend: SandboxedBackend, key: str, *, measure_memory: bool = False) -> Graded:
    """Run the collected tests on one submission."""
    started = time.monotonic()
    config = items[0].config
    config.stash[BACKEND] = backend
    with collected_figures() as figures:
        recorder = Recorder(backend, figures)
        config.pluginmanager.register(recorder)
        for item, following in zip(items, [*items[1:], None], strict=True):
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    worker_cpu, pss = backend.worker_usage(memory=measure_memory)
    backend.close()
    outcomes = tuple(_complete(items, recorder.outcomes))
    broken = [outcome for outcome in outcomes if outcome.verdict == "error"]
    total = time.monotonic() - started
    judging = total - backend.load_seconds - backend.probe_seconds
    return Graded(
        key,
        outcomes,
        str(backend.load_error) if backend.load_error else None,
        backend.notes,
        f"{broken[0].name}: {broken[0].message}" if broken else None,
        {
            "total": total,
            "load": backend.load_seconds,
            "probes": backend.probe_seconds,
            "judging": judging,
            "cpu": time.process_time() + worker_cpu,
        },
        pss,
    )


def _complete(items: Sequence[pytest.Item], outcomes: dict[str, TestOutcome]) -> Iterator[TestOutcome]:
    for item in items:
        yield outcomes.get(item.name) or TestOutcome(item.name, "error", "the test was collected but never ran")
