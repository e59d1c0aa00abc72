"""The process that workers are forked from: nothing secret is ever here.

Forked by the zygote, which knows nothing either (see ``launch``), so that neither its memory nor its descriptors,
arguments or environment hold tests, answers or names. It starts no thread, never touches CUDA and never runs a
submission's code.

Judges ask for a worker by sending a message on the control socket: limits, the submission's folder and an empty scratch
folder, with three descriptors: the worker's end of the wire, where its output goes, and the lease. The lease is the
worker's life: the nursery writes the pid to it, later how the process ended, and kills the worker, with all that
descends from it, when the judge lets go, for whatever reason.
"""

from __future__ import annotations

import dataclasses
import fcntl
import itertools
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import torch

from autograder.core import worker
from autograder.core.interpreters import fork_interpreters
from autograder.core.isolation import Place, Plan, close_all_but, lock_down
from autograder.core.layers import Isolation
from autograder.core.limits import Limits
from autograder.core.linux import adopt_orphans
from autograder.core.strays import end_trees
from autograder.core.text import one_line
from autograder.core.vision import mend_torchvision
from autograder.core.warm import settle

_WIRE_FD = 3


@dataclass(frozen=True)
class Fork:
    """A judge's request for a worker."""

    limits: Limits
    submission: str
    scratch: str
    wire: int
    output: int
    lease: int


class Nursery:
    """Forks workers on request and sees to it that none outlives its lease.

    Args:
        control: where judges' requests arrive; when it closes, everything ends.
        plan: what workers are locked in by.
    """

    def __init__(self, control: socket.socket, plan: Plan):
        self._control = control
        self._plan = plan
        self._leases: dict[int, socket.socket] = {}  # by pid
        self._slots: dict[int, int] = {}  # by pid
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._wakeup, signal_end = socket.socketpair()
        for end in (self._wakeup, signal_end):
            end.setblocking(False)
        self._signal_end = signal_end
        self._selector.register(self._wakeup, selectors.EVENT_READ)

    def serve(self) -> None:
        """Run until the control socket closes."""
        signal.set_wakeup_fd(self._signal_end.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while self._step():
            pass
        signal.set_wakeup_fd(-1)
        _end_all_children()

    def _step(self) -> bool:
        for key, _ in self._selector.select():
            if key.fileobj is self._control:
                request = receive_fork(self._control)
                if request is None:
                    return False
                self._fork(request)
            elif key.fileobj is self._wakeup:
                self._wakeup.recv(4096)
                self._reap()
            elif key.data in self._leases:  # it may have ended by itself in this very round
                self._kill(key.data)
                self._reap()
        return True

    def _fork(self, request: Fork) -> None:
        lease = socket.socket(fileno=request.lease)
        slot = next(number for number in itertools.count() if number not in self._slots.values())
        pid = os.fork()
        if pid == 0:
            lease.detach()
            _become_worker(request, self._plan, slot)
        for descriptor in (request.wire, request.output):
            os.close(descriptor)
        lease.setblocking(False)
        self._leases[pid] = lease
        self._slots[pid] = slot
        self._selector.register(lease, selectors.EVENT_READ, data=pid)
        _tell(lease, {"pid": pid})

    def _kill(self, pid: int) -> None:
        """End a worker whose judge let go; what descends from it falls to us and is ended when we reap."""
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self._forget(pid)

    def _reap(self) -> None:
        """Collect workers that ended by themselves, then end every orphan that any worker left."""
        while True:
            self._collect()
            strays = [pid for pid in _own_children() if pid not in self._leases]
            if not strays:
                return
            end_trees(strays)
            for pid in strays:  # gone before the next worker of that user starts; their children are ours then
                os.waitpid(pid, 0)

    def _collect(self) -> None:
        while (ended := _wait_any())[0] != 0:
            pid, status = ended
            if pid in self._leases:
                code = os.waitstatus_to_exitcode(status)
                _tell(self._leases[pid], {"exit": code})
                self._forget(pid)

    def _forget(self, pid: int) -> None:
        lease = self._leases.pop(pid)
        del self._slots[pid]
        self._selector.unregister(lease)
        lease.close()


def receive_fork(control: socket.socket) -> Fork | None:
    """A judge's request with its three descriptors; None when there is no judge any more."""
    data, descriptors, _, _ = socket.recv_fds(control, 4096, 3)
    if not data:
        return None
    request = json.loads(data)
    return Fork(Limits(**request["limits"]), request["submission"], request["scratch"], *descriptors)


def _end_all_children() -> None:
    """Kill until there is none left: those of a killed child become ours."""
    while children := _own_children():
        end_trees(children)
        for pid in children:
            os.waitpid(pid, 0)


def _wait_any() -> tuple[int, int]:
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return 0, 0


def _own_children() -> list[int]:
    """Pids of our direct children, the adopted ones included."""
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    except OSError:  # a kernel without that file
        me, found = str(os.getpid()), []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = stat.read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if parent == me:
                found.append(int(stat.parent.name))
        return found


def _tell(lease: socket.socket, message: dict[str, Any]) -> None:
    try:
        lease.send(json.dumps(message).encode() + b"\n")
    except OSError:  # the judge is gone; we notice by the lease
        return


def _become_worker(request: Fork, plan: Plan, slot: int) -> NoReturn:
    """The child's side of the fork; never returns, whatever happens."""
    status = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        place = _place(request, plan, slot)
        _settle_in(place.scratch)
        channel = _take_descriptors(request)
        torch.set_num_threads(request.limits.threads)
        lock_down(plan, request.limits, place)
        if request.limits.processes:
            fork_interpreters(Path(place.submission))
        worker.serve(channel, Path(place.submission))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _place(request: Fork, plan: Plan, slot: int) -> Place:
    cores = {plan.cores[(slot + thread) % len(plan.cores)] for thread in range(request.limits.threads)}
    return Place(slot, request.submission, request.scratch, frozenset(cores))


def _settle_in(folder: str) -> None:
    """Home and temporary files are in the worker's own folder, which no other worker sees or inherits."""
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = folder


def _take_descriptors(request: Fork) -> socket.socket:
    """Standard streams and the wire at fixed numbers, everything else closed."""
    # First above all fixed numbers, so that no duplicate overwrites one that is still needed.
    wire, output = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in (request.wire, request.output))
    null = os.open(os.devnull, os.O_RDWR)
    for source, target in ((null, 0), (output, 1), (output, 2), (wire, _WIRE_FD)):
        os.dup2(source, target)
    close_all_but({0, 1, 2, _WIRE_FD})
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 (open as long as the process lives)
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    return socket.socket(fileno=_WIRE_FD)


def run(control: socket.socket, plan: Plan, isolation: Isolation, preload: Sequence[str] = ()) -> None:
    """Import what all workers need, say that we are ready, and serve.

    Args:
        preload: modules to import first, for all workers.
    """
    adopt_orphans()
    mend_torchvision()
    # No folder beside the installed packages: the course itself is one, where it is installed in place.
    sys.path[:] = [entry for entry in sys.path if _is_among(entry, plan.readable)]
    _preload(preload)
    settle()
    hello = {
        "cuda": torch.cuda.is_available(),
        "torch": torch.__version__,
        "isolation": [dataclasses.asdict(layer) for layer in isolation.layers],
    }
    print(json.dumps(hello), flush=True)
    Nursery(control, plan).serve()


def _preload(names: Sequence[str]) -> None:
    """Import what an assignment's submissions are likely to use.

    Raises:
        SystemExit: it can't be imported, or it leaves threads behind, which no fork would have.
    """
    for name in names:
        try:
            import_module(name)
        except Exception as error:  # a module may fail at anything
            why = one_line(f"{type(error).__name__}: {error}")
            sys.exit(f"ERROR: the assignment's preload = [{name!r}] can't be imported here ({why}); install it")
        if (threads := len(os.listdir("/proc/self/task"))) > 1:
            sys.exit(
                f"ERROR: the assignment's preload = [{name!r}] starts threads ({threads}); leave it to the workers"
            )


def _is_among(entry: str, folders: tuple[str, ...]) -> bool:
    return bool(entry) and any(Path(entry).resolve().is_relative_to(folder) for folder in folders)
