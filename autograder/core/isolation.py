"""The layers between a submission and everything else, applied in the worker after the fork, behind one function.

Promises (Linux): a session and process group of its own, death with the nursery, no descriptor but those it was given,
limits on memory, CPU time, file size, descriptors, processes and core dumps that only root
could raise again.
Does not promise yet: that files and the network of the machine are out of reach.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys

from autograder.core.limits import Limits

DESCRIPTION = "process limits (own session, clean environment, rlimits on memory, CPU, files, descriptors)"

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MIB = 2**20


def lock_down(limits: Limits) -> None:
    """Give up what a worker does not need. Called once, before any byte of the submission is read."""
    os.setsid()
    die_with_parent()
    os.umask(0o077)
    used = _data_bytes()
    _limit(resource.RLIMIT_DATA, used + limits.memory_mb * _MIB)
    _limit(resource.RLIMIT_CPU, math.ceil(limits.submission_seconds) + 1)
    _limit(resource.RLIMIT_FSIZE, limits.file_mb * _MIB)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_NPROC, limits.processes)
    _limit(resource.RLIMIT_CORE, 0)


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor of this process that is not in ``keep``."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:  # the descriptor of the listing itself
                continue


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, however the parent dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent dies, so that none outlives its worker unseen."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def _limit(which: int, value: int) -> None:
    """Set soft and hard limit, never above what we were given."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _data_bytes() -> int:
    """Bytes of private writable memory that this process has now, which the limit on data counts as well."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
