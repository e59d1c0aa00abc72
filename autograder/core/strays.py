"""Ending processes with all that descends from them, also when they do not want to end.

Killing one after the other is a race against processes that fork: what is killed makes room for new ones. So all are
stopped first, until none is left that runs, and then killed; what is stopped keeps its place under the limit on tasks.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_ROUNDS = 200
_QUIET_ROUNDS = 2  # one process may wake another one that was already looked at
_AT_REST = "TtZX"  # stopped, traced, dead


def end_trees(roots: Iterable[int]) -> None:
    """Kill these processes and all their descendants; they are left to be waited for."""
    roots = set(roots)
    quiet = 0
    found: set[int] = set(roots)
    for _ in range(_ROUNDS):
        for pid in found:
            _send(pid, signal.SIGSTOP)
        states = _descendants(roots)
        at_rest = states.keys() <= found and all(state in _AT_REST for state in states.values())
        quiet = quiet + 1 if at_rest else 0
        found = set(states) | roots
        if quiet == _QUIET_ROUNDS:
            break
    for pid in found:
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _descendants(roots: set[int]) -> dict[int, str]:
    """The state of each process that descends from one of these, and of these."""
    states, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            pid = int(stat.parent.name)
            states[pid], parents[pid] = fields[0], int(fields[1])
    inside = {pid for pid in roots if pid in states}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in inside} - inside
        grown = bool(more)
        inside |= more
    return {pid: states[pid] for pid in inside}
