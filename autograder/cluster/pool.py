"""Nodes as the driver sees them: who is there, and a call on one of them. ``connect`` makes them of Dask's workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class NodeLost(Exception):
    """The node is gone, and what it was doing with it."""


class NodeFault(Exception):
    """The call raised what it should not; the text says what."""


@dataclass(frozen=True)
class Worker:
    """A node that is there.

    Attributes:
        gpus: how many it offers by Dask's resource GPU.
    """

    address: str
    gpus: int = 0


class Call(Protocol):
    """A function at work on a node."""

    def answer(self) -> str | None:
        """What it returned, None while it is at work.

        Raises:
            NodeLost: Dask gave it up.
            NodeFault: it raised.
        """

    def drop(self) -> None:
        """Forget about it; whatever it returns is lost."""


class Pool(Protocol):
    """All nodes of a cluster."""

    def workers(self) -> Mapping[str, Worker]:
        """Who is there now, by address.

        Raises:
            InfrastructureError: the scheduler is gone.
        """

    def call(self, worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        """Start a function on that worker and no other."""

    def wait(self, seconds: float) -> None:
        """Until a call may have got its answer, or the time is over."""

    def release(self, batch: str) -> None:
        """Tell all nodes that a batch is over."""
