"""What an unfinished calibration has measured, so that the same command goes on from there."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.calibration.statistics import Scores


class Journal:
    """A hidden file with a line for each submission and seed that is done.

    Lines of other code, other tests or other versions are not found again, nor is one that was half written.

    Args:
        path: the file; made with the first line.
        fingerprint: of all that numbers depend on, but the submission and the seed.
    """

    def __init__(self, path: Path, fingerprint: str):
        self._path = path
        self._fingerprint = fingerprint
        self._known: dict[tuple[str, int], Scores] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
            self._remember(line)

    def _remember(self, line: str) -> None:
        try:
            raw = json.loads(line)
            if raw["of"] == self._fingerprint:
                self._known[raw["code"], raw["seed"]] = tuple(raw["scores"])
        except (ValueError, KeyError, TypeError):
            pass  # the run ended in the middle of it

    def find(self, code: str, seed: int) -> Scores | None:
        """What a submission of this code scored with this seed, if known."""
        return self._known.get((code, seed))

    def know(self, code: str, seed: int, scores: Scores) -> None:
        """Take over what is recorded elsewhere."""
        self._known.setdefault((code, seed), scores)

    def add(self, code: str, seed: int, scores: Scores) -> None:
        """Keep what was measured, from now on also after the end of this process."""
        self._known[code, seed] = scores
        line = json.dumps({"of": self._fingerprint, "code": code, "seed": seed, "scores": scores})
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{line}")  # in front: the line before may lack its end

    def discard(self) -> None:
        """Remove the file: its numbers are in the record."""
        self._path.unlink(missing_ok=True)
