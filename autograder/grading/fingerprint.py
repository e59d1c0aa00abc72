"""What a result depends on, as one hash: while it stays the same, grading again would give the same result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import autograder
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.intake.model import Submission


def batch_fingerprint(assignment: Assignment, engine: Engine, skip_questions: Iterable[str]) -> str:
    """Hash of the assignment's tests, the engine's sources, versions, seed, device and what is left out."""
    digest = hashlib.sha256()
    _add(
        digest,
        engine.seed,
        engine.device,
        engine.data,
        str(engine.isolation),
        sorted(skip_questions),
        sorted(engine.versions.items()),
    )
    package = Path(autograder.__file__).parent
    files = [(path.relative_to(package), path) for path in package.rglob("*.py")]
    files += [(path.relative_to(assignment.folder), path) for path in _matters(assignment.folder)]
    for name, path in sorted(files):
        with path.open("rb") as stream:
            _add(digest, name, hashlib.file_digest(stream, "sha256").hexdigest())
    return digest.hexdigest()


_FOR_READERS = {".md", ".svg", ".png"}


def _matters(folder: Path) -> Iterator[Path]:
    """Files of an assignment that can change a verdict: tests, settings, data that tests read; not what people read."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        unseen = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if path.is_file() and not unseen and inside.suffix not in _FOR_READERS:
            yield path


def submission_fingerprint(batch: str, submission: Submission, files: Iterable[tuple[str, bytes]]) -> str:
    """Hash of what one student handed in, within a batch, and of what is said about the choice of its files."""
    digest = hashlib.sha256()
    _add(digest, batch, submission.student, submission.problem, submission.note)
    for name, data in files:
        _add(digest, name, hashlib.sha256(data).hexdigest())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, *parts: object) -> None:
    digest.update(repr(tuple(map(str, parts))).encode())
