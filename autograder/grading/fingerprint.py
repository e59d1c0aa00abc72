"""What a result depends on, part by part: while all parts stay the same, grading again would give the same result.

The parts have names, so that a run can say why it grades something again ("tests changed").
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import autograder
from autograder.core.assignment import TOML_NAME, Assignment
from autograder.core.bars import CALIBRATION_NAME, STUDENT_NAME
from autograder.gradebook.writer import Files, content_hash
from autograder.grading.facts import Facts
from autograder.intake.model import Submission

# Rooms of the package that only read results, or make what is handed out: no verdict can depend on them.
_NO_PART_IN_GRADING = frozenset(
    ("calibration", "cli.py", "cluster", "course", "gradebook", "release", "report", "selftest", "similarity")
)
_FOR_READERS = {".md", ".svg", ".png"}
# Keys of assignment.toml by the part that they belong to; all others are of the part "questions".
_PART_OF_KEY = {
    "thresholds": "thresholds",
    "bar": "thresholds",
    "limits": "limits",
    "processes": "limits",
    "autograd": "limits",
    "preload": "limits",
    "version": "release",
}
_FOR_REPORTS = frozenset(("report",))  # keys that change pages, and no result


def source_parts(assignment: Assignment) -> dict[str, str]:
    """The parts that lie in files: the assignment's tests and numbers, and the engine."""
    folder = assignment.folder
    tests, numbers = [], []
    for path in _matters(folder):
        if path.name in (CALIBRATION_NAME, STUDENT_NAME) and path.parent == folder:
            numbers.append(path)
        elif path != folder / TOML_NAME:
            tests.append(path)
    keys: dict[str, dict[str, object]] = {"thresholds": {}, "limits": {}, "questions": {}, "release": {}}
    for key, value in tomllib.loads((folder / TOML_NAME).read_text(encoding="utf-8")).items():
        if key not in _FOR_REPORTS:
            keys[_PART_OF_KEY.get(key, "questions")][key] = value
    parts = {name: _hash_of(json.dumps(value, sort_keys=True, default=str)) for name, value in keys.items()}
    parts["thresholds"] = _hash_of(parts["thresholds"], *_hashes(numbers, folder))
    parts["tests"] = _hash_of(*_hashes(tests, folder))
    parts["engine"] = _engine()
    return parts


def setting_parts(facts: Facts, skip_questions: Iterable[str]) -> dict[str, str]:
    """The parts that a run chooses or finds."""
    parts = {
        "seed": str(facts.seed),
        "device": facts.device,
        "data": facts.data,
        "isolation": facts.isolation,
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(facts.versions.items())),
        "skipped questions": ", ".join(sorted(skip_questions)),
    }
    path = Path(facts.data)
    if os.sep in facts.data:  # a data set that is a path is not known by its name
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        parts["data"] = _hash_of(facts.data, *_hashes(files, path.parent))
    return parts


def batch_fingerprint(parts: Mapping[str, str]) -> str:
    """Hash of all that the results of a batch depend on beside the submissions."""
    return _hash_of(*sorted(parts.items()))


def submission_fingerprint(batch: str, submission: Submission, files: Files) -> str:
    """Hash of what one student handed in, within a batch, and of what is said about the choice of its files."""
    return _hash_of(batch, submission.student, submission.problem, submission.note, content_hash(files))


def _engine() -> str:
    package = Path(autograder.__file__).parent
    files = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in _NO_PART_IN_GRADING]
    return _hash_of(*_hashes(files, package))


def _matters(folder: Path) -> Iterator[Path]:
    """Files of an assignment that can change a verdict: tests, settings, data that tests read; not what people read."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        unseen = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if path.is_file() and not unseen and inside.suffix not in _FOR_READERS:
            yield path


def _hashes(files: Iterable[Path], folder: Path) -> Iterator[tuple[str, str]]:
    for name, path in sorted((str(path.relative_to(folder)), path) for path in files):
        with path.open("rb") as stream:
            yield name, hashlib.file_digest(stream, "sha256").hexdigest()


def _hash_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
