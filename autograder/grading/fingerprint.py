"""What a result depends on, as one hash: while it stays the same, grading again would give the same result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import autograder
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine


def batch_fingerprint(assignment: Assignment, engine: Engine, skip_questions: Iterable[str]) -> str:
    """Hash of the assignment's tests, the engine's sources, versions, seed, device and what is left out."""
    digest = hashlib.sha256()
    _add(digest, engine.seed, engine.device, engine.isolation, sorted(skip_questions), sorted(engine.versions.items()))
    package = Path(autograder.__file__).parent
    files = [(path.relative_to(package), path) for path in package.rglob("*.py")]
    files += [(Path(path.name), path) for path in (assignment.folder / "assignment.toml", *assignment.test_files())]
    for name, path in sorted(files):
        _add(digest, name, hashlib.sha256(path.read_bytes()).hexdigest())
    return digest.hexdigest()


def submission_fingerprint(batch: str, student: str, files: Iterable[tuple[str, bytes]]) -> str:
    """Hash of what one student handed in, within a batch."""
    digest = hashlib.sha256()
    _add(digest, batch, student)
    for name, data in files:
        _add(digest, name, hashlib.sha256(data).hexdigest())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, *parts: object) -> None:
    digest.update(repr(tuple(map(str, parts))).encode())
