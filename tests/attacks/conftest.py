"""What the attacks' test files share: engines with layers left out, and what this machine can show of attacks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from tests.conftest import TINY

_SYS_ADMIN = 21


def _status(name: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def _sysctl(name: str, default: int) -> int:
    path = Path("/proc/sys", name)
    return int(path.read_text()) if path.exists() else default


# What an attack may need to have its effect where no layer of ours is on, by the word in its NEEDS. A container's own
# filter, or a kernel that was hardened, stops some of them on its own.
_FREE = _status("Seccomp") == "0"
_ROOT = _FREE and os.geteuid() == 0 and bool(int(_status("CapEff"), 16) >> _SYS_ADMIN & 1)
MACHINE = {
    "x86_64": os.uname().machine == "x86_64",
    "two cores": len(os.sched_getaffinity(0)) > 1,
    "root": _ROOT,
    "kernel keys": _FREE and Path("/proc/keys").exists(),
    "io_uring": _FREE and _sysctl("kernel/io_uring_disabled", 0) == 0,
    "perf events": _ROOT and _sysctl("kernel/perf_event_paranoid", 2) <= 2,
    "user namespaces": _ROOT
    and _sysctl("user/max_user_namespaces", 0) > 0
    and _sysctl("kernel/unprivileged_userns_clone", 1) == 1
    and _sysctl("kernel/apparmor_restrict_unprivileged_userns", 0) == 0,
}


EngineMaker = Callable[..., Engine]


@pytest.fixture
def engine_without(tmp_path: Path) -> EngineMaker:
    """An engine for the tiny assignment whose workers lack some layers, and may start processes if asked for."""

    def make(layers: Iterable[str], *, processes: bool = False) -> Engine:
        folder = shutil.copytree(TINY, tmp_path / "tiny")
        toml = folder / "assignment.toml"
        text = toml.read_text().replace("[limits]\n", f"[limits]\nprocesses = {str(processes).lower()}\n")
        toml.write_text(text.replace("\nseconds = 2\n", "\nseconds = 10\n"))  # an attack gets all the time it needs
        return Engine(load_assignment(folder), jobs=2, device="cpu", without=layers)

    return make
