"""What an otter test file asks: did this test pass on the notebook's names?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.core.assignment import load_assignment
from autograder.notebook.live import LiveBackend, LiveModule
from autograder.notebook.session import run_question


class QuestionCheck:
    """The public tests of one question, run once; otter reads its test file, and makes a new one, for each check.

    Args:
        question: its name in assignment.toml.
    """

    def __init__(self, question: str):
        self._question = question
        self._messages: Mapping[str, str | None] | None = None

    def judge(self, test: str, names: dict[str, Any]) -> None:
        """Run all of the question's tests at the first call, and say how this one went.

        Args:
            test: the test's name.
            names: the notebook's global environment.

        Raises:
            AssertionError: the test failed; its text is pytest's.
            AssignmentError: the files of the assignment are not in the working directory.
        """
        if self._messages is None:
            self._messages = self._run(names)
        message = self._messages.get(test, f"{test} is not among the tests here; get the assignment's files again")
        if message is not None:
            raise AssertionError(message)

    def _run(self, names: dict[str, Any]) -> Mapping[str, str | None]:
        assignment = load_assignment(Path.cwd())
        module = LiveModule(f"{assignment.module}.ipynb", names)
        return run_question(assignment, self._question, LiveBackend(module, autograd=assignment.autograd))
