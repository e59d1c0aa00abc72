"""An engine without torch, for tests of what is around it on a node; nodes import it, so it is a module of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal

from distributed import WorkerPlugin

from autograder.cluster import node
from autograder.core.layers import Isolation, Layer
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome

TESTS = (TestInfo("test_it", "double", Decimal(10), False, "Is right."),)
LAYERS = (Layer("Landlock", True, "ABI 7"), Layer("seccomp", True))
KILLS_ITS_NODE = "kill the node"


class StandInEngine:
    """Takes a submission's text for its result, and does what a submission can't: end the node."""

    def __init__(self, assignment: object, *, jobs: int = 1, seed: int = 0, **_: object):
        self.tests, self.isolation, self.versions = TESTS, Isolation(LAYERS), {"torch": "0"}
        self.jobs, self.seed, self.device, self.data, self.data_note = jobs, seed, "cpu", "", ""

    def __enter__(self) -> StandInEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        for task in tasks:
            text = (task.folder / task.file).read_text()
            if text == KILLS_ITS_NODE:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.01)
            yield graded(task.key, text, self.seed)


def graded(key: str, text: str, seed: int) -> Graded:
    """What the stand-in says of a submission."""
    return Graded(key, (TestOutcome("test_it", "failed", message=f"{text} {seed}"),))


class UseStandIn(WorkerPlugin):
    """Has nodes grade with the stand-in, those too that start later."""

    def setup(self, worker: object) -> None:
        self._real, node.Engine = node.Engine, StandInEngine

    def teardown(self, worker: object) -> None:
        node.Engine = self._real
