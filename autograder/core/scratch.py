"""Private folders that submissions may write in, and their removal, whatever a submission left in them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW
_BEING_MADE = 60.0  # seconds within which a folder may not have been locked yet
_LOOK = getattr(os, "O_PATH", os.O_RDONLY)  # asks for no permission, where the system has it


@contextlib.contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A folder that only this user may enter, gone afterwards; what processes left that were killed goes now."""
    _sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as long as we live, however we end
        yield folder
    finally:
        remove_tree(folder)
        os.close(lock)


def _sweep(prefix: str) -> None:
    """Remove our own folders that nobody holds any more: they hold what students handed in."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | _FOLDER)
            try:
                status = os.fstat(lock)
                if status.st_uid == os.getuid() and time.time() - status.st_mtime > _BEING_MADE:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_tree(folder)
            finally:
                os.close(lock)


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as possible; follows no link and raises nothing.

    Depth costs neither recursion, nor descriptors, nor long paths: shutil.rmtree fails at a thousand levels, with an
    error by which a submission could end the batch.
    """
    with contextlib.suppress(OSError):
        top = _Place(str(folder))
        try:
            top.empty()
        finally:
            os.close(top.descriptor)
        folder.rmdir()


class _Place:
    """Where we are in a tree, as one descriptor that goes down by name and up by "..", with the way back noted."""

    def __init__(self, folder: str):
        self.descriptor = _opened(folder, None)
        self._way = [_identity(self.descriptor)]

    def empty(self) -> None:
        """Remove everything below."""
        waiting = [self._unlink_files()]
        while waiting:
            if waiting[-1]:
                self._go(_opened(waiting[-1][-1], self.descriptor))
                self._way.append(_identity(self.descriptor))
                waiting.append(self._unlink_files())
                continue
            waiting.pop()
            if waiting:
                self._go_up()
                os.rmdir(waiting[-1].pop(), dir_fd=self.descriptor)

    def _unlink_files(self) -> list[str]:
        """Remove all that is no folder from here; returns the names of the folders."""
        folders = []
        for name in os.listdir(self.descriptor):
            if stat.S_ISDIR(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_mode):
                folders.append(name)
            else:
                os.unlink(name, dir_fd=self.descriptor)
        return folders

    def _go_up(self) -> None:
        self._go(os.open("..", os.O_RDONLY | _FOLDER, dir_fd=self.descriptor))
        self._way.pop()
        if _identity(self.descriptor) != self._way[-1]:
            raise OSError("a folder was moved elsewhere while it was removed")

    def _go(self, descriptor: int) -> None:
        os.close(self.descriptor)
        self.descriptor = descriptor


def _identity(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _opened(name: str, parent: int | None) -> int:
    """A descriptor of a folder, which is made ours to read and write first."""
    handle = os.open(name, _LOOK | _FOLDER, dir_fd=parent)
    try:
        if os.fstat(handle).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IRWXU)  # by descriptor: the name may mean a link by now
        return os.open(".", os.O_RDONLY | _FOLDER, dir_fd=handle)
    finally:
        os.close(handle)


class SubmissionHome:
    """Where one submission lives while it is judged: its own copy of its files, and a fresh scratch folder a worker.

    The copy is for the judge's user to change only; the folders can be entered, but not listed, by others.

    Args:
        folder: descriptor of the folder that holds the submission's files; what is no regular file stays behind.
    """

    def __init__(self, folder: int):
        self._top = Path(tempfile.mkdtemp(prefix="submission-"))
        self._top.chmod(0o711)
        self.copy = self._top / "submission"
        self.copy.mkdir(mode=0o755)
        self._count = 0
        for name in os.listdir(folder):
            self._take(folder, name)

    def new_scratch(self) -> Path:
        """An empty folder."""
        self._count += 1
        scratch = self._top / f"scratch-{self._count}"
        scratch.mkdir(mode=0o700)
        return scratch

    def remove(self) -> None:
        """Remove all of it; what a worker mounted or left goes with it."""
        remove_tree(self._top)

    def _take(self, folder: int, name: str) -> None:
        with contextlib.suppress(OSError):
            source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with open(source, "rb") as stream:
                if stat.S_ISREG(os.fstat(source).st_mode):
                    copy = self.copy / name
                    copy.write_bytes(stream.read())
                    copy.chmod(0o644)
