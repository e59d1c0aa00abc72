"""Which cores a node computes on: several nodes on one machine must not all pin their workers to the first one."""

from __future__ import annotations

import contextlib
import os
import socket


class ClaimedCores:
    """Cores that no other node of this machine has claimed, as far as there are any.

    A claim is an abstract socket's name: it needs no file, holds against other users' nodes too, and the kernel takes
    it back however the process ends. Without network namespaces in common, nodes don't see one another's claims; then
    they only share cores.

    Args:
        count: how many are wanted.

    Attributes:
        numbers: the cores; fewer than ``count`` only where this process may not use as many.
    """

    def __init__(self, count: int):
        allowed = sorted(os.sched_getaffinity(0))
        self._claims: list[socket.socket] = []
        free: list[int] = []
        for core in allowed:
            if len(free) < count and self._claim(core):
                free.append(core)
        others = [core for core in reversed(allowed) if core not in free]
        self.numbers = frozenset([*free, *others[: max(0, count - len(free))]])

    def close(self) -> None:
        """Give them back."""
        while self._claims:
            self._claims.pop().close()

    def _claim(self, core: int) -> bool:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            claim.bind(f"\0autograder-core-{core}")
            self._claims.append(claim)
            return True
        claim.close()
        return False
