"""Opening files of strangers on disk: regular ones only, of bounded size, and never through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from autograder.errors import IntakeError
from autograder.intake.names import shown

MAX_BYTES = 10 * 2**20  # of any one file to grade


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open for reading; never follows a link, never waits.

    Raises:
        IntakeError: it is no regular file, or can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise IntakeError(f"{shown(path.name)}: can't be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IntakeError(f"{shown(path.name)}: not a regular file")
    return open(descriptor, "rb")


def read_regular(path: Path) -> bytes:
    """The bytes of a regular file; never follows a link.

    Raises:
        IntakeError: it is no regular file, too large, or can't be read.
    """
    with open_regular(path) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise IntakeError(f"{shown(path.name)}: larger than {MAX_BYTES // 2**20} MiB")
    return data
