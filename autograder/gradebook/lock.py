"""One writer at a time: whoever grades into a gradebook holds a lock beside it, for as long as the process lives.

A lock of the system, not a file with a process number in it: it is gone the moment its holder is, however that ended,
so a run that calls itself running while nobody holds the lock was killed. On a file of its own, since closing any
descriptor of a database would release SQLite's own locks.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GradebookError

_BUSY = (errno.EAGAIN, errno.EACCES)
_TRIES, _PAUSE = 5, 0.05


@contextlib.contextmanager
def held_for_writing(gradebook: Path) -> Iterator[None]:
    """Be the only one who writes.

    Raises:
        GradebookError: somebody else is.
    """
    descriptor = os.open(_lock_file(gradebook), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _take_in_time(descriptor):
            raise GradebookError(
                f"{gradebook}: another `autograder grade` writes in it; wait for it (`autograder status` shows how "
                "far it is), or choose another --out"
            )
        yield
    finally:
        os.close(descriptor)


def is_being_written(gradebook: Path) -> bool:
    """Whether a living process writes in it."""
    try:
        descriptor = os.open(_lock_file(gradebook), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _take(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _take_in_time(descriptor: int) -> bool:
    """Take the lock; somebody who only looks whether it is held has it for a moment."""
    for _ in range(_TRIES):
        if _take(descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE)
    return False


def _take(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _BUSY:
            raise
        return False
    return True


def _lock_file(gradebook: Path) -> Path:
    return gradebook.with_name(f"{gradebook.name}-lock")
