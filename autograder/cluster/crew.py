"""The nodes of a batch: made ready when they are first seen, and checked to give the scores that the others give."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograder.cluster import node
from autograder.cluster.orders import Facts, Order
from autograder.cluster.pool import Call, NodeFault, NodeLost, Pool, Worker
from autograder.core.layers import Layer
from autograder.errors import AssignmentError, ClusterError, InfrastructureError

_LOOK_SECONDS = 0.5


@dataclass
class Member:
    """A node that can take chunks.

    Attributes:
        jobs: submissions that it grades at the same time.
    """

    worker: Worker
    facts: Facts
    jobs: int
    busy: bool = False


class Crew:
    """Which nodes there are, and which of them are ready.

    Args:
        pool: the cluster's nodes.
        order: what their engines are started with.
        package: the assignment.
        wait: seconds that a batch goes on without any node.
        note: is told, in a line, why a node is not used.
    """

    def __init__(self, pool: Pool, order: Order, package: bytes, *, wait: float, note: Callable[[str], None]):
        self._pool = pool
        self._order = order
        self._package = package
        self._wait = wait
        self._note = note
        self._preparing: dict[str, tuple[Worker, Call]] = {}
        self._members: dict[str, Member] = {}
        self._unfit: set[str] = set()
        self._agreed: tuple[Facts, tuple[Layer, ...]] | None = None
        self._looked = self._manned = time.monotonic()

    @property
    def members(self) -> tuple[Member, ...]:
        """Those that are ready, at work or not."""
        return tuple(self._members.values())

    def muster(self) -> tuple[Facts, ...]:
        """Wait for nodes; returns what was found on those that were there first, all of them.

        Raises:
            AssignmentError: the assignment can't grade anyone.
            ClusterError: no node came, or one of them can't be used.
        """
        while not self._members or self._preparing:
            for worker, problem in self.look():
                raise ClusterError(f"node {worker.address}: {problem}")
            self._check_manned()
            self._pool.wait(_LOOK_SECONDS)
        return tuple(member.facts for member in self._members.values())

    def agree(self, facts: Facts, layers: tuple[Layer, ...]) -> None:
        """From now on only nodes with these facts, and no fewer layers, are taken."""
        self._agreed = facts, layers

    def refresh(self) -> None:
        """Take in who came, let go who left.

        Raises:
            InfrastructureError: there has been no node for too long.
        """
        for worker, problem in self.look():
            self._note(f"node {worker.address} is not used: {problem}")
        self._check_manned()

    def look(self) -> Iterator[tuple[Worker, str]]:
        """Look who is there and who got ready; yields those that can't be used, and why."""
        if time.monotonic() - self._looked > _LOOK_SECONDS or not self._members:
            self._looked = time.monotonic()
            self._note_changes(self._usable())
        for address, (worker, call) in list(self._preparing.items()):
            try:
                answer = call.answer()
                if answer is None:
                    continue
                del self._preparing[address]
                problem = self._enlist(worker, json.loads(answer))
            except NodeLost:
                del self._preparing[address]
                continue
            except NodeFault as fault:
                del self._preparing[address]
                problem = str(fault)
            if problem is not None:
                self._unfit.add(address)
                yield worker, problem
        if self._members:
            self._manned = time.monotonic()

    def has(self, member: Member) -> bool:
        """Whether a node is still there."""
        return self._members.get(member.worker.address) is member

    def dismiss(self, member: Member, why: str) -> None:
        """Give a node no more work, though it is there."""
        self._members.pop(member.worker.address, None)
        self._unfit.add(member.worker.address)
        self._note(f"node {member.worker.address} is not used any more: {why}")

    def expect_again(self, member: Member) -> None:
        """A node that started anew, at the same address."""
        self._members.pop(member.worker.address, None)

    def disband(self) -> None:
        """Forget the nodes, also those that are still getting ready."""
        for _, call in self._preparing.values():
            call.drop()
        self._preparing.clear()
        self._members.clear()

    def _usable(self) -> dict[str, Worker]:
        gpu = self._order.device == "cuda"
        return {address: worker for address, worker in self._pool.workers().items() if worker.gpus or not gpu}

    def _note_changes(self, there: dict[str, Worker]) -> None:
        for address in [*self._members, *self._preparing]:
            if address not in there:
                self._members.pop(address, None)
                _, call = self._preparing.pop(address, (None, None))
                if call is not None:
                    call.drop()
        self._unfit &= there.keys()
        for address, worker in there.items():
            if address not in self._members and address not in self._preparing and address not in self._unfit:
                self._preparing[address] = worker, self._prepare(worker)

    def _prepare(self, worker: Worker) -> Call:
        gpu = self._order.device == "cuda"
        return self._pool.call(worker, node.prepare, self._order.to_json(), self._package, gpu=gpu)

    def _enlist(self, worker: Worker, answer: dict[str, Any]) -> str | None:
        """Take a node, or say why not."""
        if "problem" in answer:
            if answer["fault"] == AssignmentError.__name__ and self._agreed is None:
                raise AssignmentError(answer["problem"])
            return str(answer["problem"])
        jobs = answer.pop("jobs")
        facts = Facts.from_json(answer)
        if self._agreed is not None:
            agreed, layers = self._agreed
            if (reason := facts.against(agreed)) is not None:
                return reason
            if lacking := facts.lacks(layers):
                return f"it lacks {' and '.join(lacking)}, which the other nodes have"
        self._members[worker.address] = Member(worker, facts, jobs)
        return None

    def _check_manned(self) -> None:
        if self._preparing:  # an engine's start has a time limit of its own
            return
        if time.monotonic() - self._manned > self._wait:
            if self._agreed is None:
                raise ClusterError(f"no node came within {self._wait:.0f} s")
            raise InfrastructureError(f"all nodes are gone, and none came back within {self._wait:.0f} s")
