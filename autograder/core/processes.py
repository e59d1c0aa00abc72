"""Starting and ending our own processes: by exec, with a clean environment, and with the reason when one fails."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from typing import IO, Any, NoReturn

from autograder.core.cgroup import new_name, remove_cgroup
from autograder.core.layers import Isolation, Layer, NurseryOrder
from autograder.core.scratch import scratch_folder
from autograder.errors import AssignmentError, InfrastructureError

_START_SECONDS = 120.0
_PATIENCE = 3.0  # seconds that the nursery has to end its workers
_FOR_GPU = ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def start_nursery(
    stack: contextlib.ExitStack, control: socket.socket, home: str, log: IO[bytes], order: NurseryOrder
) -> subprocess.Popen[bytes]:
    """Start a nursery that takes requests on ``control``; its first words come on its standard output."""
    os.chmod(home, 0o711)  # workers of other users have their folders in it
    order = replace(order, cgroup=new_name())
    stack.callback(remove_cgroup, order.cgroup)
    arguments = json.dumps(asdict(order))
    return spawn(stack, "launch", [control.fileno()], home, log, stdout=subprocess.PIPE, order=arguments)


def isolation_of(words: dict[str, Any]) -> Isolation:
    """What a nursery says of its layers."""
    return Isolation(tuple(Layer(**layer) for layer in words["isolation"]))


def isolation_here(*, gpu: bool) -> Isolation:
    """What workers would run under on this machine.

    Raises:
        InfrastructureError: nothing can be graded here.
    """
    if sys.platform != "linux":
        raise InfrastructureError("grading runs on Linux only; students' own pytest runs anywhere")
    with contextlib.ExitStack() as stack:
        home = str(stack.enter_context(scratch_folder("autograder-")))
        log = stack.enter_context(tempfile.TemporaryFile())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.callback(theirs.close)
        nursery = start_nursery(stack, theirs, home, log, NurseryOrder(gpu=gpu))
        stack.callback(ours.close)  # first of all: it is what ends the nursery
        assert nursery.stdout is not None
        return isolation_of(first_words(nursery.stdout, "the nursery", log))


def spawn(
    stack: contextlib.ExitStack,
    module: str,
    fds: list[int],
    home: str,
    log: IO[bytes],
    *,
    stdout: int = subprocess.DEVNULL,
    extra: dict[str, str] | None = None,
    order: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start one of our processes by exec: clean environment, a private working directory, named descriptors only.

    It leads its own session, so that Ctrl-C reaches the command alone, which then ends everything in order.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        **{name: os.environ[name] for name in _FOR_GPU if name in os.environ},
        "HOME": home,
        "USER": "submission",  # libraries ask for a name, and no worker may read the list of users
        "TMPDIR": home,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking for a GPU must not initialise CUDA before the fork
        **dict.fromkeys(_THREADS, "1"),
        **(extra or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", f"autograder.core.{module}", *map(str, fds), *([order] if order else [])],
        stdin=subprocess.PIPE if stdout == subprocess.DEVNULL else subprocess.DEVNULL,
        stdout=stdout,
        stderr=log,
        env=environment,
        cwd=home,
        pass_fds=fds,
        start_new_session=True,
    )
    stack.callback(_end, process, patience=_PATIENCE if module == "launch" else 0.0)
    return process


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    """End a process; with patience, it first gets the chance to end its own children (its control socket is closed)."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def first_words(stream: IO[bytes], who: str, log: IO[bytes]) -> dict[str, Any]:
    """The JSON object that a process sends when it is ready."""
    with stream:
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            ready = selector.select(_START_SECONDS)
        line = stream.readline() if ready else b""
    try:
        words: dict[str, Any] = json.loads(line)
    except ValueError:
        _raise_last_words(who, log)
    return words


def _raise_last_words(who: str, log: IO[bytes]) -> NoReturn:
    log.seek(0)
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    for line in lines:
        if line.startswith("ERROR: "):  # pytest's word for what an assignment's author can mend
            raise AssignmentError(line.removeprefix("ERROR: "))
    raise InfrastructureError(f"{who} did not start: {lines[-1] if lines else 'it said nothing'}")
