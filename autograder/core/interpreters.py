"""Interpreters for workers that may start processes, but no programs: each is a fork that makes itself a fresh one.

multiprocessing's start methods "spawn" and "forkserver", and its resource tracker, run a new Python. A worker can't
start one, and should not: importing torch takes over a second. So the one function through which multiprocessing
starts interpreters forks instead, and the child does what the new interpreter would. What crosses is pickled as ever,
and a submission's own modules are imported anew. What else was imported stays, and so does a notebook, which could not
be imported again.

This serves the submission and protects nobody: a submission may change it like anything else in its process.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from multiprocessing import util
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch.multiprocessing import reductions

_SEED = 67280421310721  # a new interpreter's


def fork_interpreters(folder: Path) -> None:
    """Have multiprocessing fork in the place of starting Python.

    Args:
        folder: the submission's, whose modules a new interpreter would import again.
    """

    def start(path: object, args: Sequence[Any], passfds: Sequence[Any]) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _run([os.fsdecode(argument) for argument in args], {int(fd) for fd in passfds}, folder)
        return pid

    util.spawnv_passfds = start


def _run(arguments: list[str], keep: set[int], folder: Path) -> NoReturn:
    """The child's side: what ``python -c PROGRAM ARGUMENTS`` would do."""
    status = 1
    try:
        _let_go(keep)
        _forget_modules(folder)
        torch.default_generator.manual_seed(_SEED)
        where = arguments.index("-c")
        sys.argv = ["-c", *arguments[where + 2 :]]
        exec(compile(arguments[where + 1], "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status)


def _let_go(keep: set[int]) -> None:
    """Give up what a new interpreter would not have: descriptors, and what multiprocessing and torch share by them."""
    util._run_after_forkers()  # type: ignore[attr-defined]
    reductions.shared_cache.clear()
    # Not closed: objects that we inherited may close them once more, and must not hit one that came later.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3, os.sysconf("SC_OPEN_MAX")):
        if descriptor not in {null, *keep} and _is_open(descriptor):
            os.dup2(null, descriptor, inheritable=False)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _forget_modules(folder: Path) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py") and Path(file).parent == folder:
            del sys.modules[name]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):  # closed, or replaced by the submission
            continue
