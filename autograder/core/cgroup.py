"""A control group for a nursery and its workers, where we may make one: a bound on what all of them use together.

Version 2 and version 1 of the kernel's interface (``/sys/fs/cgroup``). The engine names the group and removes it; the
nursery makes it and moves in before it forks, since moving a running worker would take longer than judging it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_MIB = 2**20
_PATIENCE = 3.0  # seconds
_STALE = 3600.0
_OWN_MB = 1024  # the nursery itself, and page tables of its workers


def new_name() -> str:
    """A name that no other group bears."""
    return f"autograder-{secrets.token_hex(6)}"


def join_cgroup(name: str, memory_mb: int, tasks: int, *, root: Path = ROOT) -> None:
    """Make the group, bound it and move into it.

    Raises:
        OSError: we may not, or there are no control groups.
    """
    limit = str((memory_mb + _OWN_MB) * _MIB)
    unified = _unified(root)
    if unified is not None:
        _enable(unified)
        _enter(unified / name, {"memory.max": limit, "memory.swap.max": "0", "pids.max": str(tasks)})
        return
    parents = dict(_legacy(root))
    if "memory" not in parents:
        raise OSError(0, "there are no control groups for memory here")
    _enter(parents["memory"] / name, {"memory.limit_in_bytes": limit})
    if "pids" in parents:
        _enter(parents["pids"] / name, {"pids.max": str(tasks)})


def remove_cgroup(name: str, *, root: Path = ROOT) -> None:
    """Remove the group as soon as all within it have ended; does nothing where there is none."""
    unified = _unified(root)
    deadline = time.monotonic() + _PATIENCE
    for parent in [unified] if unified is not None else dict(_legacy(root)).values():
        while not _is_removed(parent / name) and time.monotonic() < deadline:
            time.sleep(0.01)


def _is_removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError as error:
        return error.errno != errno.EBUSY  # somebody is still dying in it
    return True


def _unified(root: Path) -> Path | None:
    """Our own group in version 2, None where memory is not in its hands."""
    if not (root / "cgroup.controllers").is_file():
        return None
    for _, controllers, path in _memberships():
        if controllers == "":
            return root / path.lstrip("/")
    return None


def _legacy(root: Path) -> Iterator[tuple[str, Path]]:
    for _, controllers, path in _memberships():
        for controller in controllers.split(","):
            folder = root / controller / path.lstrip("/")
            if controller in ("memory", "pids") and folder.is_dir():
                yield controller, folder


def _memberships() -> Iterator[list[str]]:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        yield line.split(":", 2)


def _enable(parent: Path) -> None:
    """Have the parent hand on the controllers; only possible where it holds no process itself, or is the root."""
    if "memory" not in (parent / "cgroup.subtree_control").read_text().split():
        (parent / "cgroup.subtree_control").write_text("+memory +pids")


def _enter(group: Path, limits: dict[str, str]) -> None:
    _sweep(group.parent)
    group.mkdir()
    try:
        for name, value in limits.items():
            if (group / name).exists():
                (group / name).write_text(value)
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        group.rmdir()
        raise


def _sweep(parent: Path) -> None:
    """Remove what engines left that were killed: a group with somebody in it stays, as does one that is being made."""
    for group in parent.glob("autograder-*"):
        with contextlib.suppress(OSError):
            if time.time() - group.stat().st_mtime > _STALE:
                group.rmdir()
