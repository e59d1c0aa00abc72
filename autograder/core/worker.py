"""The untrusted side: a process that imports one submission and runs probes on it until its socket closes.

Promises: each request is answered by one frame that carries its id: a value, or what the submission raised. Does not
promise anything about a submission that takes over its own process: that is why the judge believes nothing but values.
"""

from __future__ import annotations

import socket
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from autograder.core import wire
from autograder.core.bans import disable_autograd
from autograder.core.execution import Request, call_by_name, execute
from autograder.core.limits import Limits
from autograder.core.loading import load_submission
from autograder.core.probe import Probe, define_probe
from autograder.core.submission import lineage_of, missing_name
from autograder.errors import LoadError, WireError

_TEXT = 2000  # characters of an exception's text that are sent


def serve(channel: socket.socket, folder: Path) -> None:
    """Answer requests on the submission in ``folder`` until the judge hangs up."""
    worker = _Worker(folder)
    while (request := _receive(channel)) is not None:
        reply = worker.answer(request)
        sys.stdout.flush()
        sys.stderr.flush()
        channel.sendall(_frame(request["id"], reply))


class _Worker:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._module: ModuleType | None = None
        self._probes: dict[str, Probe] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["op"] == "load":
            return self._load(request)
        if request["op"] == "usage":
            return {"ok": True, "value": [time.process_time(), _own_pss_kb() if request["memory"] else 0]}
        return self._run(request)

    def _load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        # Behind everything else, so that no file of the submission stands in for an installed package.
        sys.path.append(str(self._folder))
        if request["device"] == "cuda":
            _bound_gpu_memory(request["gpu_memory_mb"])
        if not request["autograd"]:
            disable_autograd()
        try:
            loaded = load_submission(self._folder / request["file"], request["module"])
        except LoadError as error:
            return {"ok": False, "lineage": [], "summary": "", "text": str(error)}
        self._module = loaded.module
        return {"ok": True, "value": list(loaded.notes)}

    def _run(self, message: Mapping[str, Any]) -> dict[str, Any]:
        assert self._module is not None  # the judge loads first
        what = self._probe(message) if message["source"] is not None else message["name"]
        function = what if isinstance(what, Probe) else call_by_name(what)
        device = torch.device(message["device"])
        request = Request(what, message["args"], message["kwargs"], message["seed"], device, Limits())
        try:
            reply = execute(function, self._module, request.args, request.kwargs, request)
        except BaseException as error:
            # Its frames may hold all the memory there is; the description needs only line numbers.
            traceback.clear_frames(error.__traceback__)
            return {"ok": False, **self._describe(error)}
        return {"ok": True, "value": reply.value, "changed": list(reply.changed)}

    def _probe(self, message: Mapping[str, Any]) -> Probe:
        source, name = message["source"], message["name"]
        if source not in self._probes:
            self._probes[source] = Probe(name, source, tuple(message["parameters"]), define_probe(source, name))
        return self._probes[source]

    def _describe(self, error: BaseException) -> dict[str, Any]:
        assert self._module is not None
        missing = missing_name(error, self._module) if isinstance(error, Exception) else None
        if missing is not None:
            return {"lineage": list(lineage_of(error)), "summary": str(missing), "text": "", "missing": missing.name}
        summary = _summary_of(error)[:_TEXT]
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == self._module.__file__ or "code cell" in frame.filename]
        lines = [summary]
        for frame in own[-4:]:
            name = Path(frame.filename).name
            lines.append(f"  at line {frame.lineno} of {name}, in {frame.name}: {(frame.line or '').strip()[:120]}")
        return {"lineage": list(lineage_of(error)), "summary": summary, "text": "raised " + "\n".join(lines)}


def _summary_of(error: BaseException) -> str:
    text = f"{type(error).__name__}: {_text_of(error)}"
    if isinstance(error, torch.cuda.OutOfMemoryError):
        # The rest of what torch says is about the graders' machine.
        return f"{'. '.join(text.split('. ')[:2])}. More than the GPU memory that it may use"
    return text


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # a submission's exception may fail at anything
        return "(its message can't be shown)"


def _bound_gpu_memory(megabytes: int) -> None:
    """Torch's allocator refuses more than that; CUDA called around it can't be bounded from here."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, megabytes * 2**20 / total))


def _own_pss_kb() -> int:
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _receive(channel: socket.socket) -> dict[str, Any] | None:
    prefix = _exactly(channel, wire.PREFIX_BYTES)
    if prefix is None:
        return None
    body = _exactly(channel, wire.frame_size(prefix) - wire.PREFIX_BYTES)
    return None if body is None else wire.decode(prefix + body)


def _exactly(channel: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        chunk = channel.recv(min(count - len(parts), 2**20))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)


def _frame(request_id: str, reply: Mapping[str, Any]) -> bytes:
    try:
        return wire.encode({"id": request_id, **reply})
    except WireError as error:
        text = f"returned what can't be judged: {error}"
        return wire.encode({"id": request_id, "ok": False, "lineage": [], "summary": text, "text": text})
