"""What an engine finds out when it starts, kept in the gradebook: while nothing changed, none has to be started.

Starting one takes seconds, and a rerun in which every result is kept needs nothing of it but its answers: which device
and data there are, what workers run under, which tests were collected. They are taken from the last run that asked the
same of the same sources on a machine that looks the same (kernel, user, capabilities, GPUs, packages, data folders).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any

from autograder.core.engine import Engine
from autograder.core.outcome import TestInfo

_PACKAGES = ("torch", "torchvision", "numpy", "pytest", "safetensors", "nbformat", "mlxtend")
_STATUS = ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")  # of /proc/self/status: what we may do
_SETTINGS = (  # whether namespaces may be made
    "user/max_user_namespaces",
    "kernel/unprivileged_userns_clone",
    "kernel/apparmor_restrict_unprivileged_userns",
)
_ENVIRONMENT = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH", "COURSE_DATA", "XDG_CACHE_HOME", "HOME")
_MOST_FILES = 10_000  # of a data folder that are looked at


@dataclass(frozen=True)
class Facts:
    """An engine's answers; the attributes are those of ``core.engine.Engine``."""

    tests: tuple[TestInfo, ...]
    seed: int
    device: str
    jobs: int
    data: str
    data_note: str
    isolation: str
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine) -> Facts:
        """Those of an engine that has started."""
        return cls(
            tuple(engine.tests),
            engine.seed,
            engine.device,
            engine.jobs,
            engine.data,
            engine.data_note,
            str(engine.isolation),
            dict(engine.versions),
        )

    @classmethod
    def from_json(cls, text: str, *, seed: int, jobs: int) -> Facts:
        """What an earlier run kept, for a run with this seed and so many jobs."""
        raw: dict[str, Any] = json.loads(text)
        tests = tuple(TestInfo(**{**test, "points": Decimal(test["points"])}) for test in raw.pop("tests"))
        return cls(**{**raw, "tests": tests, "seed": seed, "jobs": jobs})

    def to_json(self) -> str:
        """All of them but what each run chooses."""
        raw = asdict(self)
        del raw["seed"], raw["jobs"]
        return json.dumps(raw, default=str)


def facts_key(asked: object, parts: Mapping[str, str], data: str | None) -> str:
    """By what the facts are found again.

    Args:
        asked: what was asked of the engine.
        parts: of the assignment and the engine (``fingerprint.source_parts``).
        data: the data set that was asked for, which may be a path.
    """
    machine = {
        "asked": repr(asked),
        "parts": sorted(parts.items()),
        "kernel": [platform.release(), platform.machine()],
        "rights": [os.getuid(), *_lines_of_status(), *_settings()],
        "gpus": sorted(path.name for path in Path("/dev").glob("nvidia*")),
        "environment": {name: os.environ.get(name) for name in _ENVIRONMENT},
        "python": [sys.version, sys.prefix],
        "packages": {name: _version(name) for name in _PACKAGES},
        "data": [_looks(folder) for folder in _data_folders(data)],
    }
    return hashlib.sha256(json.dumps(machine, sort_keys=True).encode()).hexdigest()


def _lines_of_status() -> Iterator[str]:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return
    yield from (line for line in lines if line.split(":")[0] in _STATUS)


def _settings() -> Iterator[str]:
    for name in _SETTINGS:
        try:
            yield f"{name}={(Path('/proc/sys') / name).read_text().strip()}"
        except OSError:
            continue


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _data_folders(data: str | None) -> Iterator[Path]:
    """Where data sets lie: the course's folder, this user's cache, the path that was asked for."""
    if course := os.environ.get("COURSE_DATA"):
        yield Path(course)
    yield Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "autograder"
    if data is not None and os.sep in data:
        yield Path(data)


def _looks(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of what is there."""
    found = []
    files = [path] if path.is_file() else path.rglob("*")
    for file, _ in zip(files, range(_MOST_FILES), strict=False):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((str(file), status.st_size, status.st_mtime_ns))
    return sorted(found)
