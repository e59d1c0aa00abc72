"""The process that workers are forked from: torch is imported here once, and nothing secret ever is.

Started by exec with a clean environment, so that neither its memory nor its descriptors, arguments or environment hold
tests, answers or names. It starts no thread, never touches CUDA and never runs a submission's code.

Judges ask for a worker by sending a message on the control socket with four descriptors: the worker's end of the wire,
where its output goes, the submission's folder, and the lease. The lease is the worker's life: the nursery writes the
pid to it, later how the process ended, and kills the worker with all that descends from it when the judge lets go,
for whatever reason.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch

from autograder.core import worker
from autograder.core.isolation import DESCRIPTION, adopt_orphans, close_all_but, die_with_parent, lock_down
from autograder.core.limits import Limits
from autograder.core.warm import warm_up_for_workers

_WIRE_FD = 3


@dataclass(frozen=True)
class Fork:
    """A judge's request for a worker."""

    limits: Limits
    wire: int
    output: int
    folder: int
    lease: int


class Nursery:
    """Forks workers on request and sees to it that none outlives its lease.

    Args:
        control: where judges' requests arrive; when it closes, everything ends.
    """

    def __init__(self, control: socket.socket):
        self._control = control
        self._leases: dict[int, socket.socket] = {}  # by pid
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
        for pid in list(self._leases):
            self._kill(pid)
        self._reap()
        signal.set_wakeup_fd(-1)

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
        pid = os.fork()
        if pid == 0:
            lease.detach()
            _become_worker(request)
        for descriptor in (request.wire, request.output, request.folder):
            os.close(descriptor)
        lease.setblocking(False)
        self._leases[pid] = lease
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
            pid, status = _wait_any()
            if pid == 0:
                break
            if pid in self._leases:
                code = os.waitstatus_to_exitcode(status)
                _tell(self._leases[pid], {"exit": code})
                self._forget(pid)
        strays = [pid for pid in _own_children() if pid not in self._leases]
        for pid in strays:
            os.kill(pid, signal.SIGKILL)

    def _forget(self, pid: int) -> None:
        lease = self._leases.pop(pid)
        self._selector.unregister(lease)
        lease.close()


def receive_fork(control: socket.socket) -> Fork | None:
    """A judge's request with its four descriptors; None when there is no judge any more."""
    data, descriptors, _, _ = socket.recv_fds(control, 4096, 4)
    if not data:
        return None
    wire, output, folder, lease = descriptors
    return Fork(Limits(**json.loads(data)), wire, output, folder, lease)


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


def _become_worker(request: Fork) -> NoReturn:
    """The child's side of the fork; never returns, whatever happens."""
    status = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.fchdir(request.folder)
        _settle_in(os.getcwd())
        channel = _take_descriptors(request)
        torch.set_num_threads(request.limits.threads)
        lock_down(request.limits)
        worker.serve(channel)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _settle_in(folder: str) -> None:
    """Home and temporary files are the submission's own folder, which no other submission sees or inherits."""
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


def main() -> None:
    """Entry point: ``python -m autograder.core.nursery CONTROL_FD``."""
    control = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    warm_up_for_workers()
    sys.path[:] = [entry for entry in sys.path if entry]
    gc.collect()
    gc.freeze()
    print(
        json.dumps({"cuda": torch.cuda.is_available(), "torch": torch.__version__, "isolation": DESCRIPTION}),
        flush=True,
    )
    Nursery(control).serve()


if __name__ == "__main__":
    main()
