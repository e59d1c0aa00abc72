"""Dask's part: workers on this machine, of a scheduler elsewhere, or in jobs of SLURM, as ``pool`` describes them.

Workers have nannies, which start a worker anew that died: a node that one submission killed goes on grading the others.
Dask itself repeats nothing here: a call is tied to one worker, and the driver decides what a lost worker means.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import dask.config

import autograder
from autograder.cluster import node
from autograder.cluster.address import Cluster, LocalNodes, RemoteScheduler, SlurmJobs
from autograder.cluster.certificates import fresh_certificate
from autograder.cluster.pool import Call, NodeFault, NodeLost, Pool, Worker
from autograder.core.scratch import scratch_folder
from autograder.core.text import one_line
from autograder.errors import ClusterError, InfrastructureError

_FETCH_SECONDS = 10.0
_CONNECT_SECONDS = 20.0
_SLURM_SECONDS = 60.0  # for one of its commands
_ASK_SECONDS = 5.0
_ALIVE = {"PENDING", "CONFIGURING", "RUNNING", "REQUEUED", "RESIZING", "SUSPENDED", "STOPPED", "PREEMPTED"}
_SETTINGS = {
    # Pages for browsers would be open to everybody, TLS or not.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # By default a worker that needs longer to start anew is given up for good, its nanny or job with it.
    "distributed.deploy.lost-worker-timeout": "10 minutes",
}
_NO_PAGES = "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES='[]'"
_PAGES_ADDRESS = "127.0.0.1:0"
_FAR_AWAY = (OSError, TimeoutError, RuntimeError)  # what Dask raises when the other end does not answer


@contextlib.contextmanager
def _nothing_at_home() -> Iterator[None]:
    """Dask's packages copy their settings into the user's home when they are imported; here they may keep them."""
    before = dask.config.PATH
    with tempfile.TemporaryDirectory() as folder:
        dask.config.PATH = folder
        try:
            yield
        finally:
            dask.config.PATH = before


with _nothing_at_home():
    distributed: Any = import_module("distributed")  # has no types that would help


@contextlib.contextmanager
def connect(cluster: Cluster) -> Iterator[Pool]:
    """The nodes that an address stands for; those that we start end with it.

    Raises:
        ClusterError: the scheduler can't be reached, or jobs can't be started.
    """
    for name in ("distributed", "distributed.client", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # lost workers are told by us, in a line
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(_SETTINGS))
        if isinstance(cluster, RemoteScheduler):
            yield DaskPool(_client(stack, cluster.address, _security(cluster), cluster.address))
        elif isinstance(cluster, LocalNodes):
            nodes = _local(stack, cluster)
            yield DaskPool(_client(stack, nodes, nodes.security, "our own address"))
        else:
            logs = _shared_folder(stack, cluster)
            nodes = _slurm(stack, cluster, logs)
            yield SlurmPool(_client(stack, nodes, nodes.security, "our own address"), nodes, logs)


class DaskPool:
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any):
        self._client = client
        self._news = threading.Event()

    def workers(self) -> Mapping[str, Worker]:
        """As ``Pool.workers``."""
        try:
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        except (KeyError, *_FAR_AWAY):  # it tells nothing about workers once the client has given up
            raise InfrastructureError("the scheduler does not answer any more") from None
        return {
            address: Worker(address, int(about.get("resources", {}).get("GPU", 0))) for address, about in known.items()
        }

    def call(self, worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        """As ``Pool.call``."""
        future = self._client.submit(
            function,
            *args,
            workers=[worker.address],
            allow_other_workers=False,
            resources={"GPU": 1} if gpu else None,
            pure=False,
            retries=0,
        )
        future.add_done_callback(lambda _: self._news.set())
        return DaskCall(future)

    def wait(self, seconds: float) -> None:
        """As ``Pool.wait``."""
        if self._news.wait(seconds):
            self._news.clear()

    def release(self, batch: str) -> None:
        """As ``Pool.release``."""
        with contextlib.suppress(Exception):  # it is a courtesy: idle engines end by themselves
            self._client.run(node.release, batch, on_error="ignore")


class SlurmPool(DaskPool):
    """Workers in jobs of SLURM, which may end before a node is up.

    Args:
        jobs: the jobs.
        logs: where they write.
    """

    def __init__(self, client: Any, jobs: Any, logs: Path):
        super().__init__(client)
        self._jobs = jobs
        self._logs = logs
        self._asked = time.monotonic()

    def workers(self) -> Mapping[str, Worker]:
        """As ``Pool.workers``.

        Raises:
            ClusterError: there is none, and no job is left that could bring one.
        """
        found = super().workers()
        if not found and time.monotonic() - self._asked > _ASK_SECONDS:
            self._asked = time.monotonic()
            ids = {str(job.job_id) for job in self._jobs.workers.values()}
            alive = _jobs_alive()
            if ids and "None" not in ids and alive is not None and not ids & alive:
                raise ClusterError(
                    f"--cluster slurm: all jobs ended without a node; the last words: {self._last_words()}"
                )
        return found

    def _last_words(self) -> str:
        written = sorted(self._logs.glob("*.err"), key=lambda path: path.stat().st_mtime)
        lines = written[-1].read_text(errors="replace").split("\n") if written else []
        return one_line(next((line for line in reversed(lines) if line.strip()), "none"))


class DaskCall:
    """A task that is tied to one worker."""

    def __init__(self, future: Any):
        self.future = future

    def answer(self) -> str | None:
        """As ``Call.answer``."""
        status = self.future.status
        if status in ("cancelled", "lost"):
            raise NodeLost
        if status == "error":
            error = self.future.exception(timeout=_FETCH_SECONDS)
            if isinstance(error, distributed.scheduler.KilledWorker | distributed.CancelledError):
                raise NodeLost
            raise NodeFault(one_line(f"{type(error).__name__}: {error}"))
        if status != "finished":
            return None
        try:  # a worker that dies now takes its answer along
            return str(self.future.result(timeout=_FETCH_SECONDS))
        except (TimeoutError, distributed.TimeoutError):
            return None
        except (distributed.scheduler.KilledWorker, distributed.CancelledError):
            raise NodeLost from None

    def drop(self) -> None:
        """As ``Call.drop``."""
        with contextlib.suppress(*_FAR_AWAY):
            self.future.cancel()


def _client(stack: contextlib.ExitStack, where: Any, security: Any, name: str) -> Any:
    try:
        client = distributed.Client(where, security=security, timeout=_CONNECT_SECONDS, set_as_default=False)
    except _FAR_AWAY as error:
        raise ClusterError(f"no Dask scheduler answers at {name}: {one_line(str(error))}") from None
    stack.callback(_close_quietly, client)
    return client


def _close_quietly(client: Any) -> None:
    with contextlib.suppress(*_FAR_AWAY):
        client.close(timeout=_FETCH_SECONDS)


def _security(cluster: RemoteScheduler) -> Any:
    if cluster.tls is None:
        return None
    tls = cluster.tls
    return distributed.Security(
        tls_ca_file=str(tls.ca), tls_client_cert=str(tls.cert), tls_client_key=str(tls.key), require_encryption=True
    )


def _own_security(folder: Path) -> Any:
    """Credentials of this run, in files that only this user can read; one certificate plays all roles."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    for path, text in zip((certificate, key), fresh_certificate(), strict=True):
        path.touch(mode=0o600)
        path.write_text(text)
    roles = ("client", "scheduler", "worker")
    pairs = {f"tls_{role}_{part}": str(path) for role in roles for part, path in (("cert", certificate), ("key", key))}
    return distributed.Security(tls_ca_file=str(certificate), **pairs, require_encryption=True)


# --- nodes on this machine ----------------------------------------------------------------------------------------


def _local(stack: contextlib.ExitStack, cluster: LocalNodes) -> Any:
    folder = stack.enter_context(scratch_folder("autograder-dask-"))
    security = _own_security(folder)
    place = {"host": "127.0.0.1", "protocol": "tls://", "security": security, "dashboard": False}
    options = {
        **place,
        "nthreads": max(1, len(os.sched_getaffinity(0)) // cluster.count),
        "memory_limit": 0,  # it would be that of the worker alone; submissions have limits of their own
        "local_directory": str(folder),
        "preload": ["autograder.cluster.detached"],
        "silence_logs": logging.CRITICAL,
    }
    workers = {number: {"cls": distributed.Nanny, "options": options} for number in range(cluster.count)}
    scheduler = {"cls": distributed.Scheduler, "options": {**place, "dashboard_address": _PAGES_ADDRESS}}
    return stack.enter_context(
        distributed.SpecCluster(workers=workers, scheduler=scheduler, security=security, silence_logs=logging.CRITICAL)
    )


# --- jobs of SLURM ------------------------------------------------------------------------------------------------


def _shared_folder(stack: contextlib.ExitStack, jobs: SlurmJobs) -> Path:
    """For certificates and logs of this run; only this user may enter it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".autograder-cluster-", dir=jobs.shared))
    except OSError as error:
        raise ClusterError(f"--cluster slurm: no folder can be made in {jobs.shared}: {error.strerror}") from None
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _slurm(stack: contextlib.ExitStack, jobs: SlurmJobs, shared: Path) -> Any:
    with _nothing_at_home():
        try:
            jobqueue: Any = import_module("dask_jobqueue")
        except ImportError:
            raise ClusterError("--cluster slurm needs the package dask-jobqueue") from None
    try:
        cluster = stack.enter_context(
            jobqueue.SLURMCluster(**slurm_options(jobs, shared), security=_own_security(shared))
        )
    except (ValueError, *_FAR_AWAY) as error:
        raise ClusterError(f"--cluster slurm: {one_line(str(error))}") from None
    stack.enter_context(cluster)
    _try_out(cluster.job_script())
    cluster.scale(jobs=jobs.nodes)
    return cluster


def _try_out(script: str) -> None:
    """Ask SLURM whether it would take such a job: what Dask submits later fails without a word."""
    try:
        done = subprocess.run(
            ["sbatch", "--test-only"], input=script, capture_output=True, text=True, timeout=_SLURM_SECONDS, check=False
        )
    except FileNotFoundError:
        raise ClusterError("--cluster slurm: there is no sbatch here; run it where jobs are submitted") from None
    except subprocess.TimeoutExpired:
        raise ClusterError("--cluster slurm: sbatch does not answer") from None
    if done.returncode != 0:
        raise ClusterError(f"--cluster slurm: {one_line(done.stderr) or 'sbatch refuses the job'}")


def _jobs_alive() -> set[str] | None:
    """Jobs of this user that wait or run; None where SLURM does not answer just now."""
    command = ["squeue", "--noheader", "--user", str(os.getuid()), "--states", "all", "--format", "%A %T"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SLURM_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0] for row in rows if len(row) == 2 and row[1] in _ALIVE}


def slurm_options(jobs: SlurmJobs, shared: Path) -> dict[str, Any]:
    """What the settings mean to dask-jobqueue; what is not set is left to its own configuration."""
    given = {
        "cores": jobs.cores,
        "memory": jobs.memory,
        "walltime": jobs.walltime,
        "queue": jobs.partition,
        "account": jobs.account,
        "interface": jobs.interface,
        "python": jobs.python or sys.executable,
    }
    directives, arguments = list(jobs.directives), ["--no-dashboard", "--dashboard-address", _PAGES_ADDRESS]
    if jobs.gpus:
        directives.append(f"--gres=gpu:{jobs.gpus}")
        arguments += ["--resources", f"GPU={jobs.gpus}"]
    package = Path(autograder.__file__).resolve().parent.parent
    prologue = [
        f"export PYTHONPATH={package}${{PYTHONPATH:+:$PYTHONPATH}}",
        f"export {_NO_PAGES}",
        *jobs.prologue,
    ]
    return {
        **{name: value for name, value in given.items() if value},
        "processes": 1,  # one engine a node
        "job_extra_directives": directives,
        "job_script_prologue": prologue,
        "worker_extra_args": arguments,
        "log_directory": str(shared),
        "shared_temp_directory": str(shared),
        "scheduler_options": {"dashboard": False, "dashboard_address": _PAGES_ADDRESS},
        "silence_logs": "critical",
    }
