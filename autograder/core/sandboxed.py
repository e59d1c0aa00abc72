"""Probes in a worker: the backend that the judge uses in the place of the one in process.

Promises: a probe that crashes, exits, hangs, prints without end or breaks a limit costs the test that asked for it;
the next one gets a fresh worker. A submission that can't be loaded is not tried again, and the probes of a submission
together have a bounded wall clock. The nursery's death is an ``InfrastructureError``, never the submission's fault.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograder.core.assignment import Assignment
from autograder.core.execution import Reply, Request
from autograder.core.lease import Lease, WorkerLost
from autograder.core.limits import Limits
from autograder.core.probe import Probe
from autograder.core.scratch import SubmissionHome
from autograder.core.submission import Raised, describe_call
from autograder.core.text import plain_text
from autograder.errors import InfrastructureError, LoadError, MissingNameError, SubmissionError, WireError

_EXCUSES = 2  # kills for which a submission is not blamed


class SandboxedBackend:
    """Runs the probes of one submission.

    Args:
        nursery: control socket of the nursery.
        folder: descriptor of the submission's folder, which is copied.
        file: the submission's file in it.
        assignment: module name, limits, and whether autograd is on.
        device: "cpu", or "cuda" for a worker that uses a GPU.

    Attributes:
        load_error: why the submission can't be loaded, once that is known.
        notes: remarks on what of it did not run.
        load_seconds, probe_seconds: wall clock spent so far.
    """

    def __init__(self, nursery: socket.socket, folder: int, file: str, assignment: Assignment, device: str = "cpu"):
        self._nursery = nursery
        self._home = SubmissionHome(folder)
        self._file = file
        self._assignment = assignment
        self._device = device
        self._lease: Lease | None = None
        self._printed: list[str] = []
        self._excuses = _EXCUSES
        self.load_error: LoadError | None = None
        self.notes: tuple[str, ...] = ()
        self.load_seconds = 0.0
        self.probe_seconds = 0.0

    def attempt(self, request: Request) -> Reply | Raised:
        """As ``Backend.attempt``."""
        call = describe_call(request.what, request.args, request.kwargs)
        while True:
            try:
                return self._attempt(request, call)
            except WorkerLost as error:
                self._lease = None
                if not self._is_excused(error):
                    raise SubmissionError(f"{call} {error}") from None
            except WireError as error:
                self.close()
                raise SubmissionError(f"{call} sent something that is no answer: {error}") from None

    def _attempt(self, request: Request, call: str) -> Reply | Raised:
        limit = self._assignment.limits.submission_seconds
        remaining = limit - self.probe_seconds - self.load_seconds
        if remaining <= 0:
            raise SubmissionError(f"{call} was not run: the time for the whole submission ({limit:g} s) is used up")
        lease = self._loaded_lease(request.limits)
        started = time.monotonic()
        try:
            answer = lease.exchange(_message(request), min(request.limits.seconds, remaining))
            return _checked(answer, call, self._file, request.limits)
        finally:
            self.probe_seconds += time.monotonic() - started
            self._printed.append(lease.output.decode("utf-8", "replace"))

    def _is_excused(self, error: WorkerLost) -> bool:
        """Whether to try once more: a kill may have been meant for another (memory of the whole machine, a person)."""
        if error.killed and self._excuses > 0:
            self._excuses -= 1
            return True
        return False

    def take_output(self) -> str:
        """What was printed since the last call, cleaned."""
        text = plain_text("".join(self._printed), 4000)
        self._printed.clear()
        return text

    def worker_usage(self, *, memory: bool) -> tuple[float, int]:
        """What the worker says that it used: seconds of CPU, and kilobytes of memory (PSS; 0 where not asked for)."""
        if self._lease is None:
            return 0.0, 0
        try:
            value = self._lease.exchange({"op": "usage", "memory": memory}, 5.0).get("value")
        except (WorkerLost, InfrastructureError):
            return 0.0, 0
        match value:
            case [float(seconds), int(kilobytes)]:
                return seconds, kilobytes
        return 0.0, 0

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def remove_traces(self) -> None:
        """Remove the submission's folders; nothing can be run afterwards."""
        self.close()
        self._home.remove()

    def _loaded_lease(self, limits: Limits) -> Lease:
        """A worker under these limits with the submission loaded: the present one, or a fresh one."""
        if self.load_error is not None:
            raise self.load_error
        # One probe's clock is ours to keep; all other limits are the process's, from its start.
        limits = replace(limits, seconds=self._assignment.limits.seconds)
        if self._lease is not None and (self._lease.limits != limits or not self._lease.is_quiet()):
            self.close()
        if self._lease is not None:
            return self._lease
        started = time.monotonic()
        lease = Lease(self._nursery, self._home.copy, self._home.new_scratch(), limits)
        message = {
            "op": "load",
            "file": self._file,
            "module": self._assignment.module,
            "autograd": self._assignment.autograd,
            "device": self._device,
            "gpu_memory_mb": limits.gpu_memory_mb,
        }
        try:
            answer = lease.exchange(message, limits.seconds)
            self._note_load(answer)
        except WorkerLost as error:
            if self._is_excused(error):
                return self._loaded_lease(limits)
            self.load_error = LoadError(f"{self._file}: importing it {error}")
        except WireError as error:
            self.load_error = LoadError(f"{self._file}: importing it sent something that is no answer: {error}")
        finally:
            self.load_seconds += time.monotonic() - started
        if self.load_error is not None:
            lease.close()
            raise self.load_error
        self._lease = lease
        return lease

    def _note_load(self, answer: Mapping[str, Any]) -> None:
        if answer.get("ok") is True:
            notes = answer.get("value")
            if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
                raise WireError("its notes are no list of texts")
            self.notes = tuple(plain_text(note, 400) for note in notes[:20])
        else:
            self.load_error = LoadError(plain_text(_text(answer, "text"), 600))


def _message(request: Request) -> dict[str, Any]:
    what = request.what
    return {
        "op": "run",
        "name": what.name if isinstance(what, Probe) else what,
        "source": what.source if isinstance(what, Probe) else None,
        "parameters": list(what.parameters) if isinstance(what, Probe) else [],
        "args": request.args,
        "kwargs": dict(request.kwargs),
        "seed": request.seed,
        "device": str(request.device),
    }


def _checked(answer: Mapping[str, Any], call: str, file: str, limits: Limits) -> Reply | Raised:
    """An answer as one of the two things it may be.

    Raises:
        WireError: it is neither.
    """
    if answer.get("ok") is True and "value" in answer:
        changed = answer.get("changed")
        if not isinstance(changed, list) or not all(isinstance(name, str) and len(name) < 200 for name in changed):
            raise WireError("its list of changed arguments is malformed")
        return Reply(answer["value"], tuple(plain_text(name, 100) for name in changed))
    lineage = answer.get("lineage")
    if answer.get("ok") is not False or not isinstance(lineage, list):
        raise WireError("it is neither a value nor an error")
    summary, text = plain_text(_text(answer, "summary"), 400), plain_text(_text(answer, "text"), 1500)
    names = tuple(name for name in lineage if isinstance(name, str))
    missing = answer.get("missing")
    if isinstance(missing, str) and missing.isidentifier():
        return Raised(names, summary, MissingNameError(file, plain_text(missing, 100)))
    if "NotImplementedError" in names:
        return Raised(names, summary, SubmissionError(f"not implemented yet: {call} {text}"))
    if "MemoryError" in names or "allocate memory" in summary:
        text += f"\n  it may use {limits.memory_mb} MiB"
    return Raised(names, summary, SubmissionError(f"{call} {text}"))


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise WireError(f"its {key} is no text")
    return value
