"""The folder that a run writes: results/ and feedback/ as each submission is done, scores.csv and run.json at its end.

Nothing of an earlier run stays mixed in: what is not kept goes before the first result is written, and what is kept is
written again from the gradebook where it is missing or another one's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.core.assignment import Assignment
from autograder.errors import IntakeError
from autograder.gradebook.model import Summary
from autograder.grading.feedback import feedback_markdown
from autograder.grading.results import UNFINISHED, scores_csv, write_atomically

_RUN = "run.json"


class OutputFolder:
    """Where one run writes.

    Args:
        path: the folder.
        assignment: whose rules say what students are told.

    Raises:
        IntakeError: it holds results of somebody else's.
    """

    def __init__(self, path: Path, assignment: Assignment):
        self._path = path
        self._assignment = assignment
        if not (path / _RUN).is_file() and earlier_results(path):
            raise IntakeError(f"{path}: holds results but no {_RUN}, so no run of ours; choose another --out")

    def prepare(self, facts: Mapping[str, Any], kept: Mapping[str, int], text_of: Callable[[int], str]) -> None:
        """Make the folder this run's: remove what an earlier one left, but for the results that are kept.

        Args:
            facts: what is known of the run so far.
            kept: results by slug.
            text_of: the bytes of results/<slug>.json, as text.
        """
        path = self._path
        for name in ("results", "feedback"):
            (path / name).mkdir(parents=True, exist_ok=True)
        told = self._assignment.report.hidden
        if self._told_before() != told:
            for page in self._pages():
                page.unlink()  # written by other rules on what students are told
        self._write_facts({"state": "running", **facts, "hidden_tests": told})
        for file in (*earlier_results(path), *self._pages()):
            if file.stem not in kept:
                file.unlink()
        for file in path.rglob(f"{UNFINISHED}*"):  # a killed run's
            file.unlink()
        (path / "scores.csv").unlink(missing_ok=True)
        for slug, result in kept.items():
            self._restore(slug, text_of(result))

    def write(self, slug: str, record: Mapping[str, Any], text: str) -> None:
        """The files of one submission.

        Args:
            text: the record as JSON.
        """
        path = self._path
        feedback = feedback_markdown(record, self._assignment.title, hidden=self._assignment.report.hidden)
        (path / "feedback" / f"{slug}.html").unlink(missing_ok=True)  # a page that `report` made of another result
        write_atomically(path / "feedback" / f"{slug}.md", feedback)
        write_atomically(path / "results" / f"{slug}.json", text)  # the last: where it is, the others are

    def close(self, summaries: Sequence[Summary], facts: Mapping[str, Any]) -> None:
        """What is made of all results, and what the run came to."""
        if summaries:
            write_atomically(self._path / "scores.csv", scores_csv(summaries))
        self._write_facts({**facts, "hidden_tests": self._assignment.report.hidden})

    def _restore(self, slug: str, text: str) -> None:
        """See to it that the files of a result that is kept are there, and are its own."""
        try:
            same = (self._path / "results" / f"{slug}.json").read_bytes() == text.encode()
        except OSError:
            same = False
        if not (same and (self._path / "feedback" / f"{slug}.md").is_file()):
            self.write(slug, json.loads(text), text)

    def _pages(self) -> list[Path]:
        return [page for kind in ("md", "html") for page in self._path.glob(f"feedback/*.{kind}")]

    def _told_before(self) -> object:
        """What the run before told students of hidden tests; None where that is not known."""
        try:
            return json.loads((self._path / _RUN).read_text(encoding="utf-8"))["hidden_tests"]
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _write_facts(self, facts: Mapping[str, Any]) -> None:
        write_atomically(self._path / _RUN, json.dumps(facts, indent=1) + "\n")


def earlier_results(out: Path) -> list[Path]:
    """The results that an output folder holds."""
    return sorted(out.glob("results/*.json"))
