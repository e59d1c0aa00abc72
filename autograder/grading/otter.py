"""Otter's plugin that grades the submission with our engine, and the lookup of verdicts for otter's test files.

Otter runs a submission and its tests in one interpreter, and unpickles what comes out of it. The plugin takes the
submission away before that:

- ``before_grading``, which otter calls before it reads a log or runs anything: the folder with the submission goes
  through our intake, judge and sandboxed worker, as in ``autograder grade``. Then everything that the student handed in
  is deleted from otter's copy, but the file that otter is about to read: its log, which otter would unpickle, modules
  that would shadow those of the interpreter that runs otter's tests, settings and tests of its own.
- ``before_execution``: that file goes too. What otter executes in its place is a notebook of ours with one cell, which
  holds the verdicts as JSON. Tags, tests in metadata, the choice of a kernel: all of them are gone with the student's.
- Otter's tests (``autograder.release.otter`` writes them) look the verdicts up.
- ``after_grading``: otter's scores must be ours, question by question, else there are none.

Promises: no line of a submission runs in an interpreter of otter's, and nothing that it made is unpickled. What the
grader broke ends otter with an error: no results.json, no score.

Does not promise: what otter does before it calls a plugin. It unpacks the archive and parses the notebook (files that
never end, or fill the disk), and with ``--pdfs`` it renders what the student wrote. It takes modules from the current
folder first when it is started from an interactive session or ``python -c``, and its current folder is the submission:
start it by its command. ``otter run`` leaves an older results.json in its output folder when it fails, and ``otter
grade`` writes zeros for a submission at which it failed, with the reason in the column ``grading_status``; it also
unpickles on the host what its container wrote, so a container that is taken over takes the host.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from otter.plugins import AbstractOtterPlugin

from autograder.core.scratch import remove_tree
from autograder.core.text import plain_text
from autograder.errors import AssignmentError, InfrastructureError
from autograder.grading.batch import Record
from autograder.grading.feedback import LINES, MESSAGE, told
from autograder.grading.results import ERROR
from autograder.grading.single import bundled_assignment, close_to_others, grade_folder

PLUGIN = "autograder.grading.otter.Grader"  # as otter_config.json and the data of results name it
VERDICTS = "autograder_verdicts"  # the variable in otter's interpreter
_SCORES_DIFFER = 1e-6  # otter adds floats
_HIDDEN = "a hidden test failed; the handout states the rule that it checks"


class Grader(AbstractOtterPlugin):
    """Grades one submission; its configuration is ``{"isolation": "full"}``, or "process" to accept less."""

    _record: Record | None = None

    def before_grading(self, config: Any) -> None:
        """Grade what was handed in, then leave otter nothing of it that it would run or unpickle.

        Raises:
            InfrastructureError: the grader broke.
            AutograderError: it could not start.
        """
        submitted = Path(self.submission_path)
        source = submitted.parent.parent / "source"
        close_to_others(source)
        assignment = bundled_assignment(source / "files" / "course")
        record = grade_folder(assignment, submitted.parent, accept_less=_accepts_less(self.plugin_config))
        if record["status"] == ERROR:
            raise InfrastructureError(f"the grader could not grade {submitted.name}, no score: {record['problem']}")
        self._record = record
        config.grade_from_log = False  # a log is made of the student's pickles
        config.seed = config.seed_variable = config.serialized_variables = None  # they change cells and variables
        _delete_all_but(submitted.parent, {submitted.name, "tests"})

    def before_execution(self, submission: Any) -> Any:
        """The notebook with the verdicts, in the place of the student's."""
        import nbformat

        Path(self.submission_path).unlink()  # a script may bear the name of a module, too
        verdicts = json.dumps(verdicts_of(self._graded_record()))
        v4: Any = nbformat.v4  # nbformat has no types
        return v4.new_notebook(cells=[v4.new_code_cell(f"import json\n\n{VERDICTS} = json.loads({verdicts!r})")])

    def after_grading(self, results: Any) -> None:
        """Compare otter's scores with ours, and give staff the record: ``results.get_plugin_data(PLUGIN)``.

        Raises:
            InfrastructureError: otter has no scores, or others.
        """
        record = self._graded_record()
        if results.has_catastrophic_failure():
            raise InfrastructureError(f"otter lost its results: {results.catastrophic_error}")
        ours = {question["name"]: float(question["score"]) for question in record["questions"]}
        theirs = {name: results.get_score(name) for name in results.test_files}
        for name in {**ours, **theirs}:
            if not math.isclose(ours.get(name, -1), theirs.get(name, -1), abs_tol=_SCORES_DIFFER):
                raise InfrastructureError(
                    f"question {name!r} has {theirs.get(name, 'no')} points in otter and {ours.get(name, 'none')} "
                    "here: the bundle's tests/ and course/ are not of one release; build it anew"
                )
        results.set_plugin_data(PLUGIN, record)
        if remarks := "\n".join(_remarks(record)):
            results.set_output(remarks)

    def generate_report(self) -> str:
        """For staff, on standard output: what the scores were earned under and how to repeat the run."""
        record = self._graded_record()
        keys = ("assignment", "release", "status", "isolation", "seed", "device", "data")
        facts = (f"{key}: {record[key]}" for key in keys if record[key])
        return "\n".join([*facts, *_remarks(record)])

    def _graded_record(self) -> Record:
        if self._record is None:
            raise InfrastructureError("otter did not call before_grading; this plugin needs otter-grader 6.1 or newer")
        return self._record


def require_passed(env: Mapping[str, Any], test: str) -> None:
    """For otter's test files: the verdict on a test.

    Args:
        env: the variables of the notebook with the verdicts.
        test: its name.

    Raises:
        AssertionError: the submission did not pass it; the text is for the student.
    """
    verdict = env[VERDICTS].get(test, {"passed": False, "message": "there was nothing to grade"})
    if not verdict["passed"]:
        raise AssertionError(verdict["message"])


def verdicts_of(record: Record) -> dict[str, dict[str, Any]]:
    """What otter's interpreter is told, by test: ``passed`` and, for students, ``message``.

    A test that never ran, since there was nothing to grade, has no entry: it is not passed.
    """
    return {test["name"]: _verdict(test, passed=test["verdict"] == "passed") for test in record["tests"]}


def _verdict(test: Mapping[str, Any], *, passed: bool) -> dict[str, Any]:
    if test["hidden"]:
        return {"passed": passed, "message": _HIDDEN}
    return {"passed": passed, "message": "" if passed else told(test)}


def _remarks(record: Record) -> Iterator[str]:
    if record["problem"]:
        yield plain_text(record["problem"], MESSAGE, lines=LINES)
    yield from record["notes"]


def _accepts_less(config: Mapping[str, Any]) -> bool:
    isolation = config.get("isolation", "full")
    if isolation not in ("full", "process"):
        raise AssignmentError(f'otter_config.json: isolation must be "full" or "process", not {isolation!r}')
    return bool(isolation == "process")


def _delete_all_but(folder: Path, keep: set[str]) -> None:
    """Empty a folder of otter's; PDFs stay, which it only hands on.

    Raises:
        InfrastructureError: something can't be deleted.
    """
    for path in [path for path in folder.iterdir() if path.name not in keep and path.suffix != ".pdf"]:
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink()
        if os.path.lexists(path):
            raise InfrastructureError(f"{path} can't be deleted, and otter must not run beside it")
