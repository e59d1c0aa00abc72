"""The judge's hold on one worker: start it, exchange messages with it under a clock, end it.

Promises: no exchange outlasts its deadline, however slowly bytes arrive; sizes are checked before anything is read;
output beyond the limit, bytes that nobody asked for and malformed answers end the worker; every way in which a worker
can be lost becomes one ``WorkerLost`` that says how.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.core import wire
from autograder.core.limits import Limits
from autograder.errors import InfrastructureError, WireError

_START_SECONDS = 60.0
_EXIT_SECONDS = 2.0  # how long after the wire closes the nursery may take to say why
_CHUNK = 2**18
_SIGNALS: dict[int, str] = {
    signal.SIGSEGV: "a segmentation fault",
    signal.SIGBUS: "a bus error",
    signal.SIGFPE: "an arithmetic fault",
    signal.SIGILL: "an illegal instruction",
    signal.SIGABRT: "an abort",
    signal.SIGXCPU: "its limit of CPU time",
    signal.SIGXFSZ: "its limit of file size",
}


class WorkerLost(Exception):
    """The worker is gone; the text says why, to complete "the call …".

    Attributes:
        killed: by SIGKILL, which a submission can do to itself, but the kernel or a person to anyone.
    """

    def __init__(self, text: str, *, killed: bool = False):
        super().__init__(text)
        self.killed = killed


class Lease:
    """One worker, from fork to death.

    Args:
        nursery: control socket of the nursery.
        folder: the submission's own copy.
        scratch: an empty folder for this worker alone.
        limits: what the worker may use.

    Raises:
        InfrastructureError: the nursery did not fork one.
    """

    def __init__(self, nursery: socket.socket, folder: Path, scratch: Path, limits: Limits):
        self.limits = limits
        # A worker can write more than it may hold, and the judge would have to hold it.
        payload = min(wire.DEFAULT_LIMITS.payload_bytes, limits.memory_mb * 2**20)
        self._bounds = replace(wire.DEFAULT_LIMITS, payload_bytes=payload)
        self._said = b""  # by the nursery, and not yet read
        self.output = bytearray()  # what the submission printed during the last exchange
        self._wire, their_wire = socket.socketpair()
        self._life, their_life = socket.socketpair()
        self._printed, their_output = os.pipe()
        with their_wire, their_life:
            try:
                request = {"limits": asdict(limits), "submission": str(folder), "scratch": str(scratch)}
                descriptors = [their_wire.fileno(), their_output, their_life.fileno()]
                socket.send_fds(nursery, [json.dumps(request).encode()], descriptors)
            except OSError as error:
                self.close()
                raise InfrastructureError(f"the nursery is gone: {error.strerror}") from None
            finally:
                os.close(their_output)
        self._wire.setblocking(False)
        os.set_blocking(self._printed, False)
        self.pid = self._await_start()

    def is_quiet(self) -> bool:
        """Whether nothing has come that nobody asked for; a worker that is not quiet can't be used again."""
        poll = select.poll()
        poll.register(self._wire, select.POLLIN)
        return not poll.poll(0)

    def exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and return its answer, which must come within ``seconds``.

        Raises:
            WorkerLost: there is none; the worker is ended.
            NotPlainError: the message can't be sent (the test's fault).
            InfrastructureError: the nursery died.
        """
        self.output.clear()
        request_id = secrets.token_hex(16)
        frame = memoryview(wire.encode({"id": request_id, **message}))
        try:
            answer = self._converse(frame, seconds)
            answer_id = answer.pop("id", None)
            if type(answer_id) is not str or answer_id != request_id:
                raise WireError("it carries another id than the request")
            return answer
        except WireError as error:
            self.close()
            raise WorkerLost(f"sent something that is no answer: {error}") from None
        except WorkerLost:
            self.close()
            raise

    def close(self) -> None:
        """End the worker (the nursery kills it, with all that descends from it, when the lease closes)."""
        for end in (self._life, self._wire):
            end.close()
        if self._printed >= 0:
            os.close(self._printed)
            self._printed = -1

    def _await_start(self) -> int:
        words = None
        with contextlib.suppress(TimeoutError):
            words = self._next_words(_START_SECONDS)
        if words is None:
            self.close()
            raise InfrastructureError("the nursery forked no worker")
        return int(words["pid"])

    def _next_words(self, seconds: float) -> dict[str, Any] | None:
        """The next line from the nursery, None when it is dead.

        Raises:
            TimeoutError: it says nothing.
        """
        self._life.settimeout(seconds)
        while b"\n" not in self._said:
            chunk = self._life.recv(4096)
            if not chunk:
                return None
            self._said += chunk
        line, _, self._said = self._said.partition(b"\n")
        words: dict[str, Any] = json.loads(line)
        return words

    def _converse(self, frame: memoryview, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._printed, select.POLLIN)
        poll.register(self._wire, select.POLLIN | select.POLLOUT)
        received, size = bytearray(), wire.PREFIX_BYTES
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise WorkerLost(f"did not finish within {seconds:g} s")
            for descriptor, event in poll.poll(remaining * 1000):
                if descriptor == self._printed:
                    if not self._read_output():
                        poll.unregister(self._printed)
                    continue
                if event & select.POLLOUT and frame:
                    frame = self._send(frame)
                    if not frame:
                        poll.modify(self._wire, select.POLLIN)
                if event & (select.POLLIN | select.POLLHUP | select.POLLERR):
                    self._receive(received, size, asked=not frame)
                    if size == wire.PREFIX_BYTES and len(received) >= size:
                        size = wire.frame_size(bytes(received[:size]), self._bounds)
                    if size > wire.PREFIX_BYTES and len(received) >= size:
                        self._read_output()
                        return self._decoded(received, size)

    def _send(self, frame: memoryview) -> memoryview:
        try:
            return frame[self._wire.send(frame[:_CHUNK]) :]
        except (BrokenPipeError, ConnectionResetError):
            raise self._how_it_ended() from None

    def _receive(self, received: bytearray, size: int, *, asked: bool) -> None:
        try:
            chunk = self._wire.recv(_CHUNK)
        except BlockingIOError:
            return
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self._read_output()
            raise self._how_it_ended()
        if not asked:
            raise WireError("it came before the request was sent")
        received += chunk

    def _decoded(self, received: bytearray, size: int) -> dict[str, Any]:
        if len(received) > size:
            raise WireError("more bytes follow it")
        return wire.decode(received, self._bounds)

    def _read_output(self) -> bool:
        """Take what was printed; False when nothing can come any more."""
        limit = self.limits.output_kb * 1024
        while True:
            try:
                chunk = os.read(self._printed, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self.output += chunk[: limit + 1 - len(self.output)]
            if len(self.output) > limit:
                raise WorkerLost(f"printed more than {self.limits.output_kb} KiB")

    def _how_it_ended(self) -> WorkerLost:
        """Ask the nursery, which sees how its children end."""
        try:
            words = self._next_words(_EXIT_SECONDS)
        except TimeoutError:
            return WorkerLost("closed the connection to the grader")
        if words is None:
            raise InfrastructureError("the nursery died")
        code = int(words["exit"])
        if code >= 0:
            return WorkerLost(f"ended the process (exit code {code}) instead of returning")
        if -code == signal.SIGKILL:
            return WorkerLost("was killed, most likely for using too much memory", killed=True)
        kind = _SIGNALS.get(-code, f"signal {-code}")
        return WorkerLost(f"crashed: the process ended by {kind}")
