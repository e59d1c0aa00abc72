"""Fixtures that several test files use; the pytester plugin runs pytest inside pytest."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "course" / "assignments" / "tiny"

GOOD = """
def double(x):
    return x * 2

def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: many tests wait, for a time limit or for a process to end."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gpu: needs one; runs wherever there is one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need a GPU are left out where there is none, and the last line says so."""
    if torch.cuda.is_available():
        return
    left_out = [item for item in items if item.get_closest_marker("gpu")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if torch.cuda.is_available():
        terminalreporter.write_line(f"GPU: its tests ran, on {torch.cuda.get_device_name(0)}")
    elif not config.option.collectonly:
        terminalreporter.write_line("GPU: PyTorch sees none here, so the tests marked gpu did not run")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def tiny() -> Assignment:
    return load_assignment(TINY)


class Engines:
    """Engines that tests of one process share: starting one takes longer than most tests."""

    _MOST = 2  # alive at a time, each with two processes that hold torch
    _SHARED = frozenset({"device", "jobs"})  # who asks for something else may well look at how an engine ends

    def __init__(self) -> None:
        self._alive: OrderedDict[str, Engine] = OrderedDict()

    @contextmanager
    def engine(self, assignment: Assignment, options: dict[str, object]) -> Iterator[Engine]:
        """One with these options for the tiny assignment; it is a test's own where the assignment is another one."""
        if assignment == load_assignment(TINY) and options.keys() <= self._SHARED:
            yield self.shared(assignment, options)
            return
        with Engine(assignment, **options) as engine:
            yield engine

    def shared(self, assignment: Assignment, options: dict[str, object]) -> Engine:
        """One with these options, perhaps used before, for use right now: it may end when another one is asked for."""
        key = f"{assignment.name} {_key(options)}"
        if key not in self._alive:
            while len(self._alive) >= self._MOST:
                self._alive.popitem(last=False)[1].__exit__(None, None, None)
            self._alive[key] = Engine(assignment, **options).__enter__()
        self._alive.move_to_end(key)
        return self._alive[key]

    def close(self) -> None:
        while self._alive:
            self._alive.popitem()[1].__exit__(None, None, None)


def _key(options: dict[str, object]) -> str:
    """What an engine depends on: its options, and the part of the environment that it hands on."""
    return repr((sorted(options.items()), os.environ.get("COURSE_DATA")))


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    shared = Engines()
    yield shared
    shared.close()


@pytest.fixture
def grade(tmp_path: Path, tiny: Assignment, engines: Engines) -> Callable[..., dict[str, Graded]]:
    """Grade sources by name, through the whole engine."""

    def run(sources: dict[str, str | bytes], *, suffix: str = ".py", assignment: Assignment = tiny, **options: object):
        tasks = []
        for name, source in sources.items():
            folder = tmp_path / name
            folder.mkdir()
            data = source if isinstance(source, bytes) else source.encode()
            (folder / f"{assignment.module}{suffix}").write_bytes(data)
            tasks.append(Task(name, folder, f"{assignment.module}{suffix}"))
        with engines.engine(assignment, {"device": "cpu", **options}) as engine:
            return {graded.key: graded for graded in engine.grade(tasks)}

    return run


def failed(graded: Graded) -> set[str]:
    """Names of the tests that did not pass."""
    assert graded.error is None, graded.error
    return {outcome.name for outcome in graded.outcomes if outcome.verdict != "passed"}


def message(graded: Graded, test: str) -> str:
    """What one test says."""
    return next(outcome.message for outcome in graded.outcomes if outcome.name == test)
