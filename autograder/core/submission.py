"""The submission as a test sees it, in process or in a sandbox: a test can't tell which.

Promises: a probe gets copies of the arguments, on the run's device, with the same strides; what comes back is plain
values on the CPU, each tensor with a note of its origin; an argument changed in place fails the test unless it said so.
Both modes send arguments and results through the wire's encoding, so that what can't cross fails alike in both.

Does not promise: that what a worker reports about itself (changed arguments, devices) is true. Points rest on values.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import torch

from autograder.core.bans import autograd_disabled
from autograder.core.draw import derive_seed
from autograder.core.execution import Reply, Request, call_by_name, execute
from autograder.core.limits import Limits
from autograder.core.loading import Loaded, load_submission
from autograder.core.probe import Probe
from autograder.core.values import Origin, set_origin
from autograder.core.wire import decode, encode, sent_from
from autograder.errors import CheckFailure, LoadError, MissingNameError, NotPlainError, SubmissionError

_SHORT = 40  # characters of a value that is shown in full


@dataclass(frozen=True)
class Raised:
    """The submission raised.

    Attributes:
        lineage: the names of the builtin classes that the exception is an instance of.
        summary: one line: ``ValueError: size 9 is too large``.
        error: what to raise in the test.
    """

    lineage: tuple[str, ...]
    summary: str
    error: BaseException


class Backend(Protocol):
    """Where probes run."""

    def attempt(self, request: Request) -> Reply | Raised:
        """Run a probe; what the submission raises is returned, what breaks its process is raised.

        Raises:
            SubmissionError: it crashed, hung, broke a limit, can't be loaded, or returned what can't cross.
            InfrastructureError: the grader's own machinery failed.
        """
        ...


class Submission:
    """What the fixture ``submission`` gives a test.

    Attributes:
        device: the device under test; tensors given to ``run`` are put there.
    """

    def __init__(self, backend: Backend, *, device: torch.device, seed: int, scope: str, limits: Limits):
        self.device = device
        self._backend = backend
        self._seed = seed
        self._scope = scope
        self._limits = limits
        self._calls = 0

    def run(self, probe: Probe, /, *args: Any, changes: Collection[str] = (), **kwargs: Any) -> Any:
        """Run a probe on the submission and return its value.

        Args:
            probe: made by ``@probe``.
            changes: parameters of the probe that may be changed in place.

        Raises:
            CheckFailure: an argument not in ``changes`` was changed in place.
            SubmissionError: the submission raised (sandbox; in process its own exception comes through), crashed, hung,
                broke a limit, or returned what can't be judged.
        """
        __tracebackhide__ = True
        return self._value(probe, args, kwargs, changes)

    def call(self, name: str, /, *args: Any, changes: Collection[str | int] = (), **kwargs: Any) -> Any:
        """Call one function of the submission; as ``run``, with positions (0, 1, …) or keywords in ``changes``."""
        __tracebackhide__ = True
        return self._value(name, args, kwargs, changes)

    def raises(
        self, expected: type[Exception], what: Probe | str, /, *args: Any, because: str = "", **kwargs: Any
    ) -> None:
        """Judge that a probe, or a function by name, raises a builtin exception class (or a subclass of it).

        Args:
            because: why it must, in words that complete "expected ValueError because …".

        Raises:
            CheckFailure: it returned, or raised something else.
            SubmissionError: as for ``run``.
        """
        __tracebackhide__ = True
        request = self._request(what, args, kwargs)
        call = describe_call(what, args, kwargs)
        wanted = f"expected {expected.__name__}" + (f" because {because}" if because else "")
        outcome = self._backend.attempt(request)
        if isinstance(outcome, Reply):
            raise CheckFailure(f"{call} raised nothing", [wanted, f"returned {describe_value(outcome.value)}"])
        if "NotImplementedError" in outcome.lineage:
            raise outcome.error
        if expected.__name__ not in outcome.lineage:
            raise CheckFailure(f"{call} raised {outcome.summary}", [wanted])

    def _value(self, what: Probe | str, args: tuple[Any, ...], kwargs: dict[str, Any], changes: Collection[Any]) -> Any:
        __tracebackhide__ = True
        request = self._request(what, args, kwargs)
        outcome = self._backend.attempt(request)
        if isinstance(outcome, Raised):
            raise outcome.error
        call = describe_call(what, args, kwargs)
        allowed = {str(name) for name in changes}
        if wrong := [name for name in outcome.changed if name not in allowed]:
            who = f"argument {wrong[0]}" if wrong[0].isdigit() else f"its argument {wrong[0]}"
            raise CheckFailure(
                f"{call} changed {who} in place",
                ["an argument belongs to the caller and must keep its values"],
                cause="argument changed in place",
                hint="look for +=, *=, x[...] = and methods that end in _; work on a copy: x = x.clone()",
            )
        _note_origins(outcome.value, call, self.device)
        return outcome.value

    def _request(self, what: Probe | str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Request:
        self._calls += 1
        seed = derive_seed(self._seed, self._scope, self._calls)
        return Request(what, args, kwargs, seed, self.device, self._limits)


class LocalBackend:
    """Probes run in this process: on the student's machine, where a debugger, prints and tracebacks must work.

    Args:
        path: the submission's file; it is loaded at the first probe.
        name: its module name.
        autograd: False: automatic differentiation is off while the submission's code runs.
    """

    def __init__(self, path: Path, name: str, *, autograd: bool = True):
        self._path = path
        self._name = name
        self._autograd = autograd
        self._loaded: Loaded | LoadError | None = None

    def attempt(self, request: Request) -> Reply | Raised:
        """As ``Backend.attempt``; no clock and no limits here."""
        __tracebackhide__ = True
        module = self._module()
        args, kwargs = copied((request.args, dict(request.kwargs)))
        function = request.what if isinstance(request.what, Probe) else call_by_name(request.what)
        try:
            with self._guard():
                reply = execute(function, module, args, kwargs, request)
        except Exception as error:
            return Raised(lineage_of(error), f"{type(error).__name__}: {error}", missing_name(error, module) or error)
        try:
            return Reply(copied(reply.value), reply.changed)
        except NotPlainError as error:
            call = describe_call(request.what, request.args, request.kwargs)
            raise SubmissionError(f"{call} returned what can't be judged: {error}") from None

    def _module(self) -> ModuleType:
        if self._loaded is None:
            try:
                with self._guard():
                    self._loaded = load_submission(self._path, self._name)
            except LoadError as error:
                self._loaded = error
        if isinstance(self._loaded, LoadError):
            raise self._loaded
        return self._loaded.module

    def _guard(self) -> AbstractContextManager[None]:
        """What the submission's code runs under."""
        return nullcontext() if self._autograd else autograd_disabled()


def copied(value: Any) -> Any:
    """What arrives on the other side of the wire."""
    return decode(encode({"value": value}))["value"]


def lineage_of(error: BaseException) -> tuple[str, ...]:
    """The builtin classes that an exception is an instance of, most specific first."""
    # By identity: a class may bear any name, and say that it is from any module.
    return tuple(kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind)


def missing_name(error: BaseException, module: ModuleType) -> MissingNameError | None:
    """For the AttributeError of a function that the submission lacks: an error that says so."""
    if isinstance(error, AttributeError) and getattr(error, "obj", None) is module:
        return MissingNameError(Path(module.__file__ or "").name, str(error.name))
    return None


def describe_call(what: Probe | str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """A call as people see it: ``softmax(float64 (4, 5), dim=1)``."""
    names = what.parameters if isinstance(what, Probe) else ()
    parts = [
        f"{names[i]}: {describe_value(arg)}" if i < len(names) and isinstance(arg, torch.Tensor | np.ndarray) else
        f"{names[i]}={describe_value(arg)}" if i < len(names) else describe_value(arg)
        for i, arg in enumerate(args)
    ]  # fmt: skip
    parts += [f"{key}={describe_value(value)}" for key, value in kwargs.items()]
    return f"{what.name if isinstance(what, Probe) else what}({', '.join(parts)})"


def describe_value(value: Any) -> str:
    """A value in a few words: dtype and shape of a tensor, the value itself when it is short."""
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.shape}"
    if isinstance(value, list | tuple | dict) and not _is_short(value):
        return f"{type(value).__name__} of {len(value)}"
    text = repr(value[: _SHORT + 1]) if isinstance(value, str | bytes) else repr(value)
    if len(text) <= _SHORT:
        return text
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, str | bytes) else text[:_SHORT]


def _is_short(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> bool:
    """Whether it is shown as it is. What is nested, or holds tensors, can take minutes to be written out."""
    items = [*value, *value.values()] if isinstance(value, dict) else value
    plain = all(type(item) in (int, float, bool, str, bytes, type(None)) for item in items[:_SHORT])
    return len(items) < _SHORT and plain and len(repr(value)) <= _SHORT


def _note_origins(value: Any, call: str, asked: torch.device) -> None:
    if isinstance(value, torch.Tensor):
        set_origin(value, Origin(call, sent_from(value), asked))
    elif isinstance(value, list | tuple):
        for item in value:
            _note_origins(item, call, asked)
    elif isinstance(value, dict):
        for item in value.values():
            _note_origins(item, call, asked)
