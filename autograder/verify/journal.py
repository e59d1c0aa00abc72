"""What was graded, so that a run that was stopped goes on, and only what has changed is graded again."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import autograder
from autograder.core.assignment import Assignment
from autograder.core.outcome import TestInfo
from autograder.errors import AutograderError
from autograder.verify.facts import Answer, Mode, Result, Seen

_ROOMS = ("core", "checks", "data")  # what verdicts in the sandbox depend on, beside the modules at the top
_PASSED = Seen("passed")


class Fingerprint:
    """Of all that a verdict depends on, but the answer and the seed.

    Args:
        assignment: its tests, settings and calibration.
        data: the data set in use.
    """

    def __init__(self, assignment: Assignment, data: str):
        self._assignment = assignment
        self._data = data

    def of(self, mode: Mode) -> str:
        """What verdicts of a mode depend on; outside the sandbox releases and bundles are part of it."""
        return self._sandbox if mode == "sandbox" else self._elsewhere

    @cached_property
    def _sandbox(self) -> str:
        package = Path(autograder.__file__).parent
        modules = [*package.glob("*.py"), *(path for room in _ROOMS for path in (package / room).rglob("*.py"))]
        return self._digest(modules)

    @cached_property
    def _elsewhere(self) -> str:
        return self._digest(list(Path(autograder.__file__).parent.rglob("*.py")))

    def _digest(self, modules: Sequence[Path]) -> str:
        versions = [platform.python_version(), *(version(name) for name in ("torch", "numpy", "pytest"))]
        digest = hashlib.sha256(repr([self._assignment.name, self._data, versions]).encode())
        folder = self._assignment.folder
        own = [path for path in folder.rglob("*") if path.suffix in (".py", ".toml", ".json")]
        for path in sorted([*own, *modules]):
            digest.update(f"{path.name}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


@dataclass
class _Known:
    """All that is known of one answer with one seed in one mode."""

    tests: dict[str, Seen] = field(default_factory=dict)
    load_error: str | None = None
    cpu: float = 0.0


class Journal:
    """A hidden file with a line for each grading. It stays when a run has ended: what did not change is found again.

    Lines of other tests, another engine or other versions are not found, nor is one that was half written. A result is
    kept test by test, so that only those tests run that an answer has not met. Where the grader broke, it tries again.

    Args:
        path: the file; made with the first line. None: nothing is kept.
        fingerprint: of all that verdicts depend on, but the answer and the seed.

    Attributes:
        tests: all of the assignment, where they are known.
    """

    def __init__(self, path: Path | None, fingerprint: Fingerprint):
        self._fingerprint = fingerprint
        self._known: dict[tuple[str, int, Mode], _Known] = {}
        self.tests: tuple[TestInfo, ...] = ()
        self._stream = _locked(path) if path is not None else None
        if self._stream is not None:
            self._read(self._stream)

    def close(self) -> None:
        """Let another run have the file."""
        if self._stream is not None:
            self._stream.close()

    def note_tests(self, tests: Sequence[TestInfo]) -> None:
        """Keep what was collected."""
        if self.tests != tuple(tests):
            self.tests = tuple(tests)
            listed = [{**dataclasses.asdict(test), "points": str(test.points)} for test in tests]
            self._write({"of": self._fingerprint.of("sandbox"), "tests": listed})

    def missing(self, answer: Answer, seed: int, mode: Mode, tests: Collection[str]) -> frozenset[str]:
        """Those of the tests whose verdict is not known."""
        return frozenset(tests) - self._of(answer, seed, mode).tests.keys()

    def find(self, answer: Answer, seed: int, mode: Mode, tests: Collection[str] | None = None) -> Result | None:
        """What is known of an answer, cut down to some tests; None if that is nothing."""
        known = self._of(answer, seed, mode)
        seen = {name: verdict for name, verdict in known.tests.items() if tests is None or name in tests}
        return Result(answer.name, seed, mode, seen, known.load_error, known.cpu) if seen else None

    def add(self, answer: Answer, result: Result) -> None:
        """Keep a result, from now on also after the end of this process; but not where a test or the grader broke."""
        self._take(answer.code, result)
        tests = {name: seen for name, seen in result.tests.items() if seen.verdict != "error"}
        if len(tests) < len(result.tests) and result.mode != "sandbox":
            return  # other modes run an answer whole, or not at all
        passed = [name for name, seen in tests.items() if seen == _PASSED]
        entry = {
            "of": self._fingerprint.of(result.mode),
            "code": answer.code,
            "seed": result.seed,
            "mode": result.mode,
            "passed": self._numbered(passed),
            "others": {name: dataclasses.astuple(seen) for name, seen in tests.items() if seen != _PASSED},
            "load_error": result.load_error,
            "cpu": round(result.cpu, 3),
        }
        self._write(entry)

    def _numbered(self, names: Sequence[str]) -> list[int | str]:
        """Tests by their place in the list, which is shorter over thousands of lines."""
        places = {test.name: place for place, test in enumerate(self.tests)}
        return [places.get(name, name) for name in names]

    def _of(self, answer: Answer, seed: int, mode: Mode) -> _Known:
        return self._known.get((answer.code, seed, mode), _Known())

    def _take(self, code: str, result: Result) -> None:
        known = self._known.setdefault((code, result.seed, result.mode), _Known())
        known.tests.update(result.tests)
        known.load_error = known.load_error or result.load_error
        known.cpu += result.cpu

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self._stream is not None:
            self._stream.write(f"\n{json.dumps(entry)}")  # in front: the line before may lack its end
            self._stream.flush()

    def _read(self, stream: TextIO) -> None:
        """Take what holds still, and forget the rest."""
        lines = [line for line in stream.read().splitlines() if line]
        good = [line for line in lines if self._remember(line)]
        if len(good) < len(lines):
            stream.seek(0)
            stream.truncate()
            stream.write("\n".join(good))
            stream.flush()

    def _remember(self, line: str) -> bool:
        try:
            raw = json.loads(line)
            if "tests" in raw:
                return self._remember_tests(raw)
            if raw["of"] != self._fingerprint.of(raw["mode"]):
                return False
            tests = dict(self._verdicts(raw))
            self._take(raw["code"], Result("", raw["seed"], raw["mode"], tests, raw["load_error"], raw["cpu"]))
        except (ValueError, KeyError, TypeError, IndexError, ArithmeticError):
            return False  # the run ended in the middle of it
        return True

    def _remember_tests(self, raw: Mapping[str, Any]) -> bool:
        if raw["of"] != self._fingerprint.of("sandbox"):
            return False
        self.tests = tuple(TestInfo(**{**test, "points": Decimal(test["points"])}) for test in raw["tests"])
        return True

    def _verdicts(self, raw: Mapping[str, Any]) -> Iterator[tuple[str, Seen]]:
        for test in raw["passed"]:
            yield self.tests[test].name if isinstance(test, int) else test, _PASSED
        for name, seen in raw["others"].items():
            yield name, Seen(*seen)


def _locked(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise AutograderError(f"{path}: another `autograder verify` is writing it; wait for its end") from None
    stream.seek(0)
    return stream


@contextlib.contextmanager
def opened(path: Path | None, fingerprint: Fingerprint) -> Iterator[Journal]:
    """A journal that is closed at the end."""
    journal = Journal(path, fingerprint)
    try:
        yield journal
    finally:
        journal.close()
