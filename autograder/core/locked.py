"""Our own code on bytes from strangers, in a child without rights.

Reading an archive, a notebook or a syntax tree is attack surface, too. ``run_locked`` calls a function in a fresh
process that may read the interpreter, the installed packages and the files that it is handed open, and may write in
one folder. It reaches no network, no program and no other process; its memory, time and files are limited. Where the
kernel lacks a layer (see ``layers``) the others still hold, and so do the function's own checks.

What comes back is plain JSON of bounded size, and still data from strangers: the caller checks it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn

from autograder.core.isolation import Place, Plan, close_all_but, lock_down
from autograder.core.layers import LANDLOCK, LIMITS, OWN_USER, SECCOMP
from autograder.core.limits import Limits
from autograder.core.readable import readable_paths
from autograder.core.scratch import scratch_folder
from autograder.core.text import one_line
from autograder.core.trials import be_filtered, be_restricted, live_as_another_user, try_in_child
from autograder.errors import AutograderError, InfrastructureError

_MIB = 2**20
_NO_START = 71  # exit code of a child that could not be locked in, or lacks the function
_FIRST_UID, _UIDS = 60_300, 256  # below those of workers
# Isolated (-I): no variable, no folder of the user and no working directory adds to what is imported. Our own package
# comes last, so that nothing beside it takes the place of a module of the standard library.
_START = "import sys; sys.path.append(sys.argv[1]); from autograder.core.locked import main; main()"
_HOME = str(Path(__file__).resolve().parent.parent.parent)


class LockedError(Exception):
    """A locked call came to nothing; the text completes "reading it …" ("took longer than 60 s")."""


@dataclass(frozen=True)
class Bounds:
    """What one call may use.

    Attributes:
        seconds: wall clock, and CPU time.
        memory_mb: memory (MiB) on top of what the interpreter and the function's module take.
        file_mb: size (MiB) of any file that it writes.
        open_files: number of descriptors.
        reply_mb: size (MiB) of what it returns, as JSON.
    """

    seconds: float = 120.0
    memory_mb: int = 512
    file_mb: int = 64
    open_files: int = 64
    reply_mb: int = 4


def run_locked(
    function: Callable[..., object],
    request: object,
    *,
    files: Sequence[IO[bytes]] = (),
    folder: Path | None = None,
    bounds: Bounds | None = None,
) -> Any:
    """Call ``function(request, *files)`` in a child without rights.

    Args:
        function: a function at the top level of a module; it gets and returns what JSON can say. The text of an
            ``AutograderError`` that it raises becomes that of the ``LockedError``.
        request: plain data of any size.
        files: open files (with descriptors) that it may read.
        folder: its working directory, the only place where it may make files; the caller removes it. Root gives it
            away to the child's user. None: a private one that is gone afterwards.

    Raises:
        LockedError: the function raised, crashed, or broke a bound.
        InfrastructureError: the child did not start.
    """
    bounds = bounds or Bounds()
    with ExitStack() as stack:
        place = folder or stack.enter_context(scratch_folder("autograder-locked-"))
        ask, reply, log = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        ask.write(json.dumps(request).encode())
        ask.seek(0)
        fds = [file.fileno() for file in files]
        order = json.dumps([function.__module__, function.__qualname__, fds, asdict(bounds)])
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, _HOME, order, _root_of(function)],
            stdin=ask,
            stdout=reply,
            stderr=log,
            env=_environment(),
            cwd=place,
            pass_fds=fds,
        )
        try:
            code = process.wait(bounds.seconds)
        except subprocess.TimeoutExpired:
            raise LockedError(f"took longer than {bounds.seconds:g} s") from None
        finally:
            process.kill()  # it can't have made others
            process.wait()
        _raise_for_exit(code, bounds, log)
        return _answer(reply, bounds)


def _root_of(function: Callable[..., object]) -> str:
    """The folder from which the function's module is imported."""
    name = function.__module__
    file = Path(sys.modules[name].__file__ or "").resolve()
    return str(file.parents[name.count(".") + (file.name == "__init__.py")])


def _environment() -> dict[str, str]:
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(threads, "1"),
    }


def _raise_for_exit(code: int, bounds: Bounds, log: IO[bytes]) -> None:
    if code == _NO_START:
        log.seek(0)
        said = log.read(_MIB).decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise InfrastructureError(f"a locked child did not start: {one_line(said[-1])}")
    if code == -signal.SIGXCPU:
        raise LockedError(f"took longer than {bounds.seconds:g} s")
    if code == -signal.SIGKILL:
        raise LockedError("was killed, most likely for its memory")
    if code < 0:
        raise LockedError(f"crashed ({signal.Signals(-code).name})")
    if code > 0:
        raise LockedError(f"ended without an answer (exit code {code})")


def _answer(reply: IO[bytes], bounds: Bounds) -> Any:
    reply.seek(0)
    data = reply.read(bounds.reply_mb * _MIB + 1)
    if len(data) > bounds.reply_mb * _MIB:
        raise LockedError(f"came to more than {bounds.reply_mb} MiB")
    try:
        answer = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise LockedError("gave an answer that is none") from None
    match answer:
        case {"value": value}:
            return value
        case {"error": str(text)}:
            raise LockedError(one_line(text, 400))
    raise LockedError("gave an answer that is none")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# --- the child's side ---------------------------------------------------------------------------------------------


def main() -> None:
    """Entry point of the child: ``ROOT ORDER ROOT-OF-FUNCTION``, the request on stdin, the answer on stdout."""
    code = _NO_START
    try:
        module, name, fds, raw = json.loads(sys.argv[2])
        bounds = Bounds(**raw)
        sys.path.append(sys.argv[3])
        function = getattr(import_module(module), name)
        answer = os.dup(1)
        os.dup2(2, 1)  # what the function prints is no answer
        close_all_but({0, 1, 2, answer, *fds})
        lock_down(_plan(), _limits(bounds), Place(0, ".", "."))
        code = 1
        text = _called(function, [open(fd, "rb") for fd in fds])  # noqa: SIM115 (the process ends soon)
        if len(text) > bounds.reply_mb * _MIB:
            text = json.dumps({"error": f"came to more than {bounds.reply_mb} MiB"})
        with open(answer, "w", encoding="ascii") as stream:
            stream.write(text)
        code = 0
    except BaseException as error:
        print(one_line(f"{type(error).__name__}: {error}"), file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _called(function: Callable[..., object], files: list[BinaryIO]) -> str:
    try:
        return json.dumps({"value": function(json.load(sys.stdin), *files)}, allow_nan=False)
    except MemoryError:
        return json.dumps({"error": "needs too much memory"})
    except AutograderError as error:
        return json.dumps({"error": str(error)})
    except Exception as error:  # whatever a parser raises at bytes that nobody foresaw
        return json.dumps({"error": one_line(f"failed ({type(error).__name__}: {error})")})


def _limits(bounds: Bounds) -> Limits:
    return Limits(
        submission_seconds=bounds.seconds,
        memory_mb=bounds.memory_mb,
        file_mb=bounds.file_mb,
        open_files=bounds.open_files,
    )


def _plan() -> Plan:
    """The layers that hold here. Each is tried first; one that does not hold is left out, the others stay."""
    uid = _FIRST_UID + secrets.randbelow(_UIDS)
    plan = Plan(frozenset({LIMITS}), readable_paths(gpu=False), first_uid=uid)
    for name in _holding(plan):
        plan = replace(plan, active=plan.active | {name})
    return plan


def _holding(plan: Plan) -> Iterator[str]:
    for name, attempt in ((OWN_USER, live_as_another_user), (LANDLOCK, be_restricted), (SECCOMP, be_filtered)):
        try:
            try_in_child(lambda attempt=attempt: attempt(plan))  # type: ignore[misc]
        except OSError:
            continue
        yield name
