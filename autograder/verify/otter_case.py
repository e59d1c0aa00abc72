"""Otter's own verdicts on one submission: ``python -m autograder.verify.otter_case SUBMISSION BUNDLE OUT``.

A process of its own for each: otter changes folders, streams and environment of the process that it runs in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from otter.api import grade_submission

from autograder.grading.otter import PLUGIN


def main() -> None:
    """Grade, and write points and test cases by question, with the seed, as JSON."""
    submission, bundle, out = sys.argv[1:]
    results = grade_submission(submission, bundle, quiet=True)
    questions = {
        name: {
            "score": results.get_score(name),
            "cases": [[case.passed, case.message or ""] for case in file.test_case_results],
        }
        for name, file in results.results.items()
    }
    seed = results.get_plugin_data(PLUGIN)["seed"]
    Path(out).write_text(json.dumps({"seed": seed, "questions": questions}), encoding="utf-8")


if __name__ == "__main__":
    main()
