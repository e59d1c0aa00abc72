"""Starting and ending our own processes: with a clean environment, and with the reason when one fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import IO, Any, NoReturn

from autograder.core.cgroup import new_name, remove_cgroup
from autograder.core.layers import Isolation, Layer, NurseryOrder
from autograder.core.scratch import scratch_folder
from autograder.errors import AssignmentError, InfrastructureError

_START_SECONDS = 120.0
_PATIENCE = 3.0  # seconds that the nursery has to end its workers
_LOOK_AGAIN = 0.002
_FOR_GPU = ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Zygote:
    """Our end of the process that all others are forked from (see ``core.zygote``).

    It lives as long as this object or this process; what it forked dies with it.

    Raises:
        InfrastructureError: it can't be started.
    """

    def __init__(self) -> None:
        self.environment = _clean_environment()
        self._owner = os.getpid()
        self._lock = threading.Lock()  # an engine may be watched by one thread and ended by another
        self._numbers = itertools.count()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (as long as we live)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # The kernel would end it with the thread that starts it, which may be sooner than this process.
        dies_with_us = str(int(threading.current_thread() is threading.main_thread()))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "autograder.core.zygote", str(theirs.fileno()), dies_with_us],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=self.environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control.settimeout(_START_SECONDS)
        weakref.finalize(self, _end_zygote, self._process, self._control, self._owner)

    def is_usable(self) -> bool:
        """Whether it is ours, lives, and was started in an environment like today's."""
        ours = self._owner == os.getpid()
        return ours and self._process.poll() is None and self.environment == _clean_environment()

    def ask(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises:
            InfrastructureError: it is gone.
        """
        with self._lock:
            number = next(self._numbers)
            try:
                socket.send_fds(self._control, [json.dumps({**request, "number": number}).encode()], descriptors)
                while answer := self._control.recv(4096):
                    words: dict[str, Any] = json.loads(answer)
                    if words["number"] == number:  # Ctrl-C may have kept us from hearing an earlier one
                        return words
            except OSError:
                pass
            _raise_last_words("the zygote", self._log)


def _end_zygote(process: subprocess.Popen[bytes], control: socket.socket, owner: int) -> None:
    control.close()
    if os.getpid() == owner:
        process.wait()


class Child:
    """A process that the zygote forked.

    Attributes:
        pid: its number.
    """

    def __init__(self, zygote: Zygote, pid: int):
        self._zygote = zygote
        self.pid = pid

    def is_alive(self) -> bool:
        """Whether it runs."""
        try:
            return bool(self._zygote.ask({"do": "look", "pid": self.pid})["alive"])
        except InfrastructureError:  # it died with the zygote
            return False

    def end(self, patience: float) -> None:
        """End it with its process group; with patience, it first gets the chance to end its own children."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.is_alive():
            time.sleep(_LOOK_AGAIN)
        with contextlib.suppress(InfrastructureError):
            self._zygote.ask({"do": "end", "pid": self.pid})


_zygotes = threading.local()  # for the same reason as above, one a thread


def _zygote() -> Zygote:
    found: Zygote | None = getattr(_zygotes, "current", None)
    if found is None or not found.is_usable():
        found = _zygotes.current = Zygote()
    return found


def _clean_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        **{name: os.environ[name] for name in _FOR_GPU if name in os.environ},
        "HOME": "/",
        "USER": "submission",  # libraries ask for a name, and no worker may read the list of users
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking for a GPU must not initialise CUDA before the fork
        **dict.fromkeys(_THREADS, "1"),
    }


def start_nursery(
    stack: contextlib.ExitStack, control: socket.socket, home: str, log: IO[bytes], order: NurseryOrder
) -> tuple[Child, IO[bytes]]:
    """Start a nursery that takes requests on ``control``; also where its first words come."""
    os.chmod(home, 0o711)  # workers of other users have their folders in it
    order = replace(order, cgroup=new_name())
    stack.callback(remove_cgroup, order.cgroup)
    read, write = os.pipe()
    words = stack.enter_context(os.fdopen(read, "rb"))
    with open(write, "wb") as said:
        fds = [said.fileno(), log.fileno(), control.fileno()]
        nursery = _fork("launch", fds, {"home": home, **asdict(order)})
    stack.callback(nursery.end, _PATIENCE)
    return nursery, words


def start_judge_host(
    stack: contextlib.ExitStack,
    descriptors: Sequence[int],
    home: str,
    log: IO[bytes],
    order: Mapping[str, Any],
    environment: Mapping[str, str],
) -> Child:
    """Start a judge host with its sockets; ``environment`` is what judges have and workers lack."""
    with open(os.devnull, "wb") as nowhere:
        fds = [nowhere.fileno(), log.fileno(), *descriptors]
        host = _fork("judge_host", fds, {"home": home, **order}, environment)
    stack.callback(host.end, 0.0)
    return host


def _fork(
    module: str, descriptors: Sequence[int], order: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Child:
    """One of our processes: clean environment, a private working directory, named descriptors only.

    It leads its own session, so that Ctrl-C reaches the command alone, which then ends everything in order.
    """
    zygote = _zygote()
    read, write = os.pipe()
    with open(write, "w", encoding="utf-8") as orders:
        try:
            request = {"do": "fork", "module": module, "cores": sorted(os.sched_getaffinity(0))}
            pid = zygote.ask(request, [read, *descriptors])["pid"]
        finally:
            os.close(read)
        places = {"HOME": order["home"], "TMPDIR": order["home"]}
        # A child that died meanwhile is heard of from its first words, which don't come.
        with contextlib.suppress(BrokenPipeError):
            json.dump({**order, "environment": {**places, **(environment or {})}}, orders)
            orders.flush()
    return Child(zygote, pid)


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
        _, words = start_nursery(stack, theirs, home, log, NurseryOrder(gpu=gpu))
        stack.callback(ours.close)  # first of all: it is what ends the nursery
        return isolation_of(first_words(words, "the nursery", log))


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
