"""A results.json a student, in Gradescope's schema, made of the records of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course.final import Final
from autograder.errors import GradebookError
from autograder.gradebook.exports.marks import Marks
from autograder.gradebook.exports.writing import whole_file
from autograder.gradebook.model import Entry

NAME = "results.json"


def write_results(marks: Marks, folder: Path) -> int:
    """Write ``folder/<slug>/results.json`` for each student; returns how many.

    Raises:
        GradebookError: the folder holds results of students who are not in this run.
    """
    mine = {final.summary.slug for final in marks.finals}
    others = sorted(path.parent.name for path in folder.glob(f"*/{NAME}") if path.parent.name not in mine)
    if others:
        raise GradebookError(
            f"{folder}: holds results of others than this run's ({', '.join(others[:3])}); remove it or choose --to"
        )
    count = 0
    for slug, results in _results(marks):
        with whole_file(folder / slug / NAME) as stream:
            stream.write(json.dumps(results, indent=1, allow_nan=False).encode() + b"\n")
        count += 1
    return count


def _results(marks: Marks) -> Iterator[tuple[str, dict[str, Any]]]:
    from autograder.grading.gradescope import gradescope_results

    for final, entry in marks.entries():
        results = gradescope_results(marks.assignment, dict(entry.record))
        yield entry.summary.slug, _with_deduction(results, final, entry)


def _with_deduction(results: dict[str, Any], final: Final, entry: Entry) -> dict[str, Any]:
    """The course's own rules on late days in place of those that Gradescope's container knows."""
    if final.score is None:
        return results
    score = final.score
    results["score"] = int(score) if score == score.to_integral_value() else float(score)
    if final.days_late:  # what else there is to note is for staff
        results["output"] = "\n".join(filter(None, (results["output"], final.note)))
    results["extra_data"] |= {"late_days": final.days_late, "attempt": entry.summary.attempt}
    return results
