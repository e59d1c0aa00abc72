"""What ``--cluster`` names: nodes on this machine, a Dask scheduler somewhere, or jobs that SLURM starts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from autograder.errors import ClusterError

COURSE_FILE = "course.toml"
_TABLE = "cluster"
_LOCAL = re.compile(r"local(?::(\d{1,3}))?")
_REMOTE = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}")
_SOON, _QUEUED = 60.0, 3600.0


@dataclass(frozen=True)
class Tls:
    """Credentials for a ``tls://`` address, as PEM files; who holds them is trusted by scheduler and nodes."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True)
class LocalNodes:
    """Nodes on this machine, which share its cores."""

    count: int
    wait: float = _SOON


@dataclass(frozen=True)
class RemoteScheduler:
    """A scheduler that others started; nodes join and leave it as they like."""

    address: str
    tls: Tls | None = None
    wait: float = _SOON


@dataclass(frozen=True)
class SlurmJobs:
    """Jobs that SLURM starts, one node each; what is left out is taken from Dask's own jobqueue.yaml.

    Attributes:
        nodes: how many jobs are asked for.
        cores: of each; as many submissions are graded at the same time.
        memory: of each ("16GB").
        walltime: of each ("02:00:00"); when it is over, the node counts as lost.
        partition, account: as for ``sbatch``.
        gpus: of each; its jobs then offer the resource GPU.
        directives: more lines for ``#SBATCH``.
        prologue: shell commands before the node starts (``module load ...``).
        interface: the network interface by which nodes reach this machine.
        python: the interpreter on the nodes; the one in use here unless told.
        shared: a folder that this machine and the nodes see, for certificates and logs; the course's unless told.
        wait: seconds until the first node must be there, and that none may be missing for.
    """

    nodes: int = 1
    cores: int = 0
    memory: str = ""
    walltime: str = ""
    partition: str = ""
    account: str = ""
    gpus: int = 0
    directives: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    interface: str = ""
    python: str = ""
    shared: str = ""
    wait: float = _QUEUED


Cluster = LocalNodes | RemoteScheduler | SlurmJobs


def parse_address(text: str, tls: Tls | None, course: Path) -> Cluster:
    """What an address means.

    Args:
        tls: the credentials that were given beside it.
        course: the course folder, whose course.toml describes the jobs for SLURM.

    Raises:
        ClusterError: the address is of no known form, or lacks what it needs.
    """
    if tls is not None and not text.startswith("tls://"):
        raise ClusterError(f"--cluster {text}: --tls-ca, --tls-cert and --tls-key are for addresses with tls://")
    if text == "slurm":
        return slurm_settings(course)
    if match := _LOCAL.fullmatch(text):
        count = int(match[1] or 2)
        if count == 0:
            raise ClusterError(f"--cluster {text}: a cluster has one node or more")
        return LocalNodes(count)
    if _REMOTE.fullmatch(text):
        if text.startswith("tls://") and tls is None:
            raise ClusterError(f"--cluster {text}: tls:// needs --tls-ca, --tls-cert and --tls-key")
        return RemoteScheduler(text, tls)
    raise ClusterError(f"--cluster {text}: must be local:N, tcp://HOST:PORT, tls://HOST:PORT or slurm")


def slurm_settings(course: Path) -> SlurmJobs:
    """The table [cluster] of course.toml.

    Raises:
        ClusterError: it is no valid TOML, or has a key that is unknown or of the wrong type.
    """
    path = course / COURSE_FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8")).get(_TABLE, {})
    except FileNotFoundError:
        raw = {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClusterError(f"{path}: not valid TOML: {error}") from None
    if not isinstance(raw, dict):
        raise ClusterError(f"{path}: [{_TABLE}] must be a table")
    values: dict[str, Any] = {key: _checked(path, key, value) for key, value in raw.items()}
    shared = course / values.get("shared", "")
    return SlurmJobs(**{**values, "shared": str(shared.resolve())})


def _checked(path: Path, key: str, value: object) -> object:
    types = {item.name: str(item.type) for item in fields(SlurmJobs)}
    if key not in types:
        raise ClusterError(f"{path}: [{_TABLE}] unknown key {key!r}; known are {', '.join(sorted(types))}")
    if types[key].startswith("tuple"):
        if isinstance(value, list) and all(isinstance(item, str) and "\n" not in item for item in value):
            return tuple(value)
        raise ClusterError(f"{path}: [{_TABLE}] {key} must be a list of lines, not {value!r}")
    wanted: tuple[type, ...] = {"str": (str,), "int": (int,), "float": (int, float)}[types[key]]
    if not isinstance(value, wanted) or isinstance(value, bool) or (isinstance(value, str) and "\n" in value):
        raise ClusterError(f"{path}: [{_TABLE}] {key} must be {types[key]}, not {value!r}")
    if not isinstance(value, str) and value < (1 if key in ("nodes", "cores") else 0):  # type: ignore[operator]
        raise ClusterError(f"{path}: [{_TABLE}] {key} = {value}: that is too few")
    return value
