"""An assignment as bytes that go to a node, and what an engine is known by."""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from pathlib import Path

import autograder

_WHEN = (1980, 1, 1, 0, 0, 0)  # the same folder gives the same bytes
# What never runs on a node: the driver may differ in these.
_ELSEWHERE = {"calibration", "course", "gradebook", "grading", "intake", "release", "report", "selftest", "similarity"}


def pack(folder: Path) -> bytes:
    """The files of an assignment folder as a zip: tests, hidden ones too, settings, calibration, data of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            unseen = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not unseen:
                archive.writestr(zipfile.ZipInfo(inside.as_posix(), _WHEN), path.read_bytes())
    return buffer.getvalue()


def unpack(package: bytes, folder: Path) -> None:
    """Make the folder that was packed; it does not exist yet."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)


def content_hash(data: bytes) -> str:
    """What a package is cached by."""
    return hashlib.sha256(data).hexdigest()


@functools.cache
def engine_identity() -> str:
    """Version of the installed package and hash of what judges with: where both are the same, verdicts are."""
    package = Path(autograder.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if inside.parts[0] in _ELSEWHERE:
            continue
        digest.update(f"{inside.as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{autograder.__version__} ({digest.hexdigest()[:16]})"
