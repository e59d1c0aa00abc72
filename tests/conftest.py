"""Fixtures that several test files use; the pytester plugin runs pytest inside pytest."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def tiny() -> Assignment:
    return load_assignment(TINY)


@pytest.fixture
def grade(tmp_path: Path, tiny: Assignment) -> Callable[..., dict[str, Graded]]:
    """Grade sources by name, through the whole engine."""

    def run(sources: dict[str, str | bytes], *, suffix: str = ".py", assignment: Assignment = tiny, **options: object):
        tasks = []
        for name, source in sources.items():
            folder = tmp_path / name
            folder.mkdir()
            data = source if isinstance(source, bytes) else source.encode()
            (folder / f"{assignment.module}{suffix}").write_bytes(data)
            tasks.append(Task(name, folder, f"{assignment.module}{suffix}"))
        with Engine(assignment, **{"device": "cpu", **options}) as engine:
            return {graded.key: graded for graded in engine.grade(tasks)}

    return run


def failed(graded: Graded) -> set[str]:
    """Names of the tests that did not pass."""
    assert graded.error is None, graded.error
    return {outcome.name for outcome in graded.outcomes if outcome.verdict != "passed"}


def message(graded: Graded, test: str) -> str:
    """What one test says."""
    return next(outcome.message for outcome in graded.outcomes if outcome.name == test)
