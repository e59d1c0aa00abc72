"""The options ``--cluster`` and ``--tls-*`` of a command, and the engine that they stand for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from autograder.cluster.address import RemoteScheduler, Tls, parse_address
from autograder.core.assignment import find_course
from autograder.core.engine import Engine
from autograder.errors import ClusterError

_TLS = ("tls_ca", "tls_cert", "tls_key")


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add them; nothing of Dask is imported for that."""
    group = parser.add_argument_group("many machines")
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="grade on nodes: local:N (on this machine), tcp://HOST:PORT or tls://HOST:PORT (a Dask scheduler), or "
        "slurm ([cluster] in course.toml says what to ask for); a node grades as many at a time as it has threads, "
        "whatever --jobs says",
    )
    for name, what in zip(_TLS, ("certificate of the authority", "own certificate", "its key"), strict=True):
        group.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="FILE", help=f"{what} for tls:// (PEM)")


def cluster_engine(args: argparse.Namespace, course: Path | None = None) -> Callable[..., Any]:
    """What to call in the place of ``Engine``, with the same arguments; ``Engine`` itself without ``--cluster``.

    Args:
        args: as parsed.
        course: the course folder, where the caller knows it.

    Raises:
        ClusterError: the options don't fit together, or Dask is not installed.
    """
    tls = _tls(args)
    if args.cluster is None:
        if tls is not None:
            raise ClusterError("--tls-ca, --tls-cert and --tls-key are for --cluster tls://HOST:PORT")
        return Engine
    cluster = parse_address(args.cluster, tls, course or getattr(args, "course", None) or find_course(Path.cwd()))
    if isinstance(cluster, RemoteScheduler) and cluster.tls is None:
        print(
            "autograder: tcp:// is neither encrypted nor authenticated: whoever reaches the scheduler can read the "
            "hidden tests and change scores; use tls:// where others are on the network",
            file=sys.stderr,
        )
    try:
        from autograder.cluster.engine import ClusterEngine
    except ImportError:
        raise ClusterError("--cluster needs the package distributed: pip install 'autograder[cluster]'") from None
    return partial(ClusterEngine, cluster=cluster)


def _tls(args: argparse.Namespace) -> Tls | None:
    files = [getattr(args, name) for name in _TLS]
    if not any(files):
        return None
    for name, file in zip(_TLS, files, strict=True):
        option = f"--{name.replace('_', '-')}"
        if file is None:
            raise ClusterError(f"{option} is missing; tls:// needs --tls-ca, --tls-cert and --tls-key")
        if not file.is_file():
            raise ClusterError(f"{option} {file}: there is no such file")
    return Tls(*(file.resolve() for file in files))
