"""The layers between a submission and everything else, as records: which are active here, and why the others are not.

Known to all sides (nursery, engine, commands); applied in ``isolation`` and ``launch``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OWN_USER = "own user"
NAMESPACES = "namespaces"
CGROUP = "cgroup"
ONE_CORE = "one core"
LIMITS = "limits"
LANDLOCK = "Landlock"
SECCOMP = "seccomp"

# What each one is for, in the order in which they are listed.
PURPOSES = {
    LANDLOCK: "files outside of the submission's own folder, TCP, signals to and sockets of others",
    SECCOMP: "system calls: network, programs, processes, tracing, shared memory, rare kernel parts",
    LIMITS: "memory, CPU time, size of files, descriptors, threads; no core dumps",
    OWN_USER: "a user id of its own for each worker, and no capabilities",
    NAMESPACES: "no network, other processes out of sight, a scratch folder of limited size, private /dev/shm",
    CGROUP: "memory and processes of all workers together",
    ONE_CORE: "each worker's threads share one core, so that none slows down the others",
}
LAYERS = tuple(PURPOSES)
REQUIRED = (LANDLOCK, SECCOMP)  # with less, code from strangers is not run unless the grader says so


@dataclass(frozen=True)
class Layer:
    """One layer on this machine.

    Attributes:
        name: one of ``LAYERS``.
        active: workers run under it.
        remark: a detail when active ("ABI 7"), the reason when not.
    """

    name: str
    active: bool
    remark: str = ""


@dataclass(frozen=True)
class Isolation:
    """All layers, in the order of ``LAYERS``."""

    layers: tuple[Layer, ...] = ()

    @property
    def missing(self) -> tuple[Layer, ...]:
        """The required layers that are not active."""
        return tuple(layer for layer in self.layers if layer.name in REQUIRED and not layer.active)

    def has(self, name: str) -> bool:
        """Whether that layer is active."""
        return any(layer.name == name and layer.active for layer in self.layers)

    def __str__(self) -> str:
        active = ", ".join(layer.name for layer in self.layers if layer.active)
        absent = ", ".join(layer.name for layer in self.layers if not layer.active)
        return f"{active or 'none'}; without {absent}" if absent else active


@dataclass(frozen=True)
class NurseryOrder:
    """What is asked of a nursery.

    Attributes:
        without: names of layers to leave out.
        gpu: workers may use a GPU.
        workers: how many are alive at a time, more or less.
        memory_mb: that each of them may use.
        tasks: threads and processes that each of them may have.
        cgroup: name of the control group for all of them.
        preload: modules to import once, before any fork.
    """

    without: tuple[str, ...] = ()
    gpu: bool = False
    workers: int = 1
    memory_mb: int = 4096
    tasks: int = 64
    cgroup: str = ""
    preload: tuple[str, ...] = ()


def make_isolation(inactive: dict[str, str], remarks: Iterable[tuple[str, str]] = ()) -> Isolation:
    """The record of a machine from the reasons why layers are inactive, by name, and remarks on active ones."""
    notes = dict(remarks)
    return Isolation(
        tuple(Layer(name, name not in inactive, inactive.get(name) or notes.get(name, "")) for name in LAYERS)
    )
