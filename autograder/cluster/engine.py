"""The engine on many machines, with the interface of the engine on one: hand out chunks, collect verdicts.

Promises what ``Engine`` promises, and more: verdicts do not depend on which node gives them; a node that dies costs
the time of its chunk; a submission that takes its node along twice is an ``error``, and no other one is. Of a batch
no more is in memory here than what nodes are at work on. Only this process writes anything down.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from autograder.cluster import node
from autograder.cluster.address import Cluster
from autograder.cluster.chunks import Chunk, Supply
from autograder.cluster.connect import connect
from autograder.cluster.crew import Crew, Member
from autograder.cluster.orders import Order, common_layers, graded_from_json
from autograder.cluster.package import content_hash, engine_identity, pack
from autograder.cluster.pool import Call, NodeFault, NodeLost, Pool
from autograder.core.assignment import Assignment
from autograder.core.layers import Isolation
from autograder.core.outcome import Graded, Task, TestInfo
from autograder.errors import ClusterError

_LOOK_SECONDS = 0.5
_JUDGE_SECONDS = 240.0  # what a submission may take on a node beyond its own limit
_START_SECONDS = 300.0  # an engine may have to start anew meanwhile


@dataclass
class _Running:
    member: Member
    chunk: Chunk
    call: Call
    started: float
    deadline: float


class ClusterEngine:
    """Engines on the nodes of a cluster.

    Args:
        cluster: where the nodes are.
        jobs: taken, like all other arguments, so that it can be called in the place of ``Engine``; each node grades as
            many at a time as its worker has threads.
        note: is told, in a line, why a node is not used.
        connected: makes the pool of nodes; tests make their own.

    The other arguments and the attributes are those of ``Engine``; ``jobs`` is that of all nodes together.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        cluster: Cluster,
        jobs: int = 1,
        device: str = "auto",
        seed: int = 0,
        skip_questions: Iterable[str] = (),
        only_tests: Iterable[str] = (),
        data: str | None = None,
        measure_memory: bool = False,
        without: Iterable[str] = (),
        accept_less: bool = False,
        note: Callable[[str], None] = lambda line: print(f"autograder: {line}", file=sys.stderr),
        connected: Callable[[Cluster], contextlib.AbstractContextManager[Pool]] = connect,
    ):
        self.assignment = assignment
        self.jobs = jobs
        self.device = device
        self.seed = seed
        self.tests: tuple[TestInfo, ...] = ()
        self.isolation = Isolation()
        self.versions: dict[str, str] = {}
        self.data = self.data_note = ""
        self._cluster = cluster
        self._skip = tuple(sorted(assignment.question(name).name for name in skip_questions))
        self._only = tuple(sorted(only_tests))
        self._asked_data = data
        self._measure_memory = measure_memory
        self._without = tuple(without)
        self._accept_less = accept_less
        self._note = note
        self._connected = connected
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> ClusterEngine:
        package = pack(self.assignment.folder)
        with contextlib.ExitStack() as stack:
            self._pool = stack.enter_context(self._connected(self._cluster))
            self.device = self._chosen_device()
            self._order = self._make_order(content_hash(package))
            stack.callback(self._pool.release, self._order.batch)
            self._crew = Crew(self._pool, self._order, package, wait=self._cluster.wait, note=self._note)
            stack.callback(self._crew.disband)
            self._agree()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        """Grade submissions on all nodes; yields them as their chunks are done and takes tasks as nodes need them."""
        supply = Supply(tasks)
        running: list[_Running] = []
        try:
            while True:
                self._crew.refresh()
                self._hand_out(supply, running)
                if not running and not supply.more():
                    return
                self._pool.wait(_LOOK_SECONDS)
                found = self._collect(supply, running)
                self._hand_out(supply, running)  # nodes go on while the caller writes these down
                yield from found
        finally:
            for run in running:
                run.call.drop()

    def _collect(self, supply: Supply, running: list[_Running]) -> list[Graded]:
        """The verdicts of chunks that are done; lost chunks go back to the supply."""
        found: list[Graded] = []
        for run in list(running):
            graded = self._outcome(run)
            if graded is None:
                continue
            running.remove(run)
            run.member.busy = False
            if graded:
                supply.learn(run.chunk, run.member.jobs, time.monotonic() - run.started)
            found += graded or supply.lost(run.chunk)
        return found

    def _hand_out(self, supply: Supply, running: list[_Running]) -> None:
        for member in self._crew.members:
            if member.busy or not supply.more():
                continue
            chunk = supply.take(member.jobs)
            items = [(item.key, item.file, item.files) for item in chunk.items]
            gpu = self.device == "cuda"
            call = self._pool.call(member.worker, node.grade_chunk, self._order.to_json(), items, gpu=gpu)
            rounds = len(chunk.items) // member.jobs + 1
            most = rounds * (self.assignment.limits.submission_seconds + _JUDGE_SECONDS) + _START_SECONDS
            now = time.monotonic()
            running.append(_Running(member, chunk, call, now, now + most))
            member.busy = True

    def _outcome(self, run: _Running) -> list[Graded] | None:
        """What became of a chunk: its verdicts, nothing when they are lost, None when it is still at work."""
        if not self._crew.has(run.member):
            run.call.drop()
            return []
        try:
            answer = run.call.answer()
        except NodeLost:
            return []
        except NodeFault as fault:
            self._crew.dismiss(run.member, str(fault))
            return []
        if answer is None:
            if time.monotonic() > run.deadline:
                run.call.drop()
                self._crew.dismiss(run.member, "it did not answer in time")
                return []
            return None
        return self._verdicts(run, json.loads(answer))

    def _verdicts(self, run: _Running, answer: dict[str, Any]) -> list[Graded]:
        if "unprepared" in answer:  # another process answers: its nanny started it at the same address
            self._crew.expect_again(run.member)
            return []
        if "problem" in answer:
            self._crew.dismiss(run.member, answer["problem"])
            return []
        graded = [graded_from_json(raw) for raw in answer["graded"]]
        whole = len(graded) == len(run.chunk.items) and {item.key for item in graded} == run.chunk.keys
        return graded if whole else []

    def _chosen_device(self) -> str:
        """The device, the same on all nodes: "auto" is a GPU where a node offers one."""
        deadline = time.monotonic() + self._cluster.wait
        while not (workers := self._pool.workers()):
            if time.monotonic() > deadline:
                raise ClusterError(f"no node came within {self._cluster.wait:.0f} s")
            self._pool.wait(_LOOK_SECONDS)
        offered = any(worker.gpus for worker in workers.values())
        if self.device == "cuda" and not offered:
            raise ClusterError("--device cuda: no node offers a GPU; start its worker with --resources GPU=1")
        return ("cuda" if offered else "cpu") if self.device == "auto" else self.device

    def _make_order(self, package: str) -> Order:
        return Order(
            batch=secrets.token_hex(8),
            engine=engine_identity(),
            assignment=self.assignment.name,
            shown=str(self.assignment.folder.resolve()),
            package=package,
            temporary=tempfile.gettempdir(),
            device=self.device,
            seed=self.seed,
            skip=self._skip,
            only=self._only,
            data=self._asked_data,
            measure_memory=self._measure_memory,
            without=self._without,
            accept_less=self._accept_less,
        )

    def _agree(self) -> None:
        """Have nodes get ready, and take their facts for ours."""
        found = self._crew.muster()
        facts = found[0]
        for other in found[1:]:
            if (reason := other.against(facts)) is not None:
                raise ClusterError(f"two nodes would score differently: {reason}")
        layers = common_layers(found)
        self._crew.agree(facts, layers)
        self.tests, self.data, self.data_note = facts.tests, facts.data, facts.data_note
        self.isolation, self.versions = Isolation(layers), dict(facts.versions)
        self.jobs = sum(member.jobs for member in self._crew.members)
