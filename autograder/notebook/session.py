"""One quiet pytest session inside the notebook's process, as often as a cell is checked.

Promises: what it says of a failure is what ``pytest`` says in the folder; what the student's code prints appears; it
leaves nothing behind: no module of tests, no environment variable. Does not promise isolation: this is the student's
own machine.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest

from autograder.core.assignment import Assignment
from autograder.core.submission import Backend
from autograder.errors import AssignmentError
from autograder.notebook.cells import with_cells
from autograder.plugin import BACKEND, JOB_SUMMARY

_FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", JOB_SUMMARY)  # meant for other sessions
# They take over streams and hooks of the process, which is the kernel's.
_LEFT_OUT = ("cacheprovider", "faulthandler", "unraisableexception", "threadexception", "junitxml")


def run_question(assignment: Assignment, question: str, backend: Backend) -> Mapping[str, str | None]:
    """Run the public tests of a question.

    Returns:
        What pytest says of each test's failure, by the test's name; None: it passed.

    Raises:
        AssignmentError: the tests can't be collected.
        KeyboardInterrupt: the student interrupted them.
    """
    session = _Session(backend)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name in _FOREIGN:
            environment.delenv(name, raising=False)
        status = pytest.main(_arguments(assignment, question), plugins=[session])
    for path in _public_tests(assignment):  # the next session reads them again, and another folder has others
        sys.modules.pop(path.stem, None)  # the name that pytest gives a file right in its root folder
    if session.problem is not None:
        raise AssignmentError(session.problem)
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return session.messages


def _arguments(assignment: Assignment, question: str) -> list[str]:
    folder = str(assignment.folder)
    arguments = ["-c", os.devnull, "--rootdir", folder, "--confcutdir", folder, "--noconftest"]
    arguments += ["--import-mode=importlib", "-p", "autograder.plugin", "-s", "--tb=short"]
    for plugin in _LEFT_OUT:
        arguments += ["-p", f"no:{plugin}"]
    for other in assignment.questions:
        if other.name != question:
            arguments += ["--skip-question", other.name]
    return arguments + [str(path) for path in _public_tests(assignment)]


def _public_tests(assignment: Assignment) -> Iterator[Path]:
    return (path for path in assignment.test_files() if assignment.hidden_folder not in path.parents)


class _Session:
    """Pytest plugin that keeps what pytest would print, and prints nothing.

    Args:
        backend: where probes run.
    """

    def __init__(self, backend: Backend):
        self._backend = backend
        self.messages: dict[str, str | None] = {}
        self.problem: str | None = None
        self._test = ""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put a reporter without a terminal in the place of pytest's own."""
        config.stash[BACKEND] = self._backend
        manager = config.pluginmanager
        manager.unregister(name="terminalreporter")
        manager.register(pytest.TerminalReporter(config, io.StringIO()), "terminalreporter")

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the first file that can't be collected."""
        if report.failed and self.problem is None:
            self.problem = f"{report.nodeid}: the tests can't be read: {report.longreprtext.strip()}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Name the test whose reports follow."""
        self._test = item.name
        return (yield)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a failure says, as it is when all plugins have worded it; a test that skips judges nothing."""
        if report.when == "call" or not report.passed:
            self.messages[self._test] = None if report.passed else with_cells(report.longreprtext)
