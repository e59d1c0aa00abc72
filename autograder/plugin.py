"""The pytest plugin: fixtures, marks and options of an assignment's tests, and the closing table of points.

Students load it from their conftest (``pytest_plugins = ["autograder.plugin"]``); the judge host loads the same plugin
and puts a sandboxed backend in the place of the one that runs in process.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.core.assignment import TOML_NAME, Assignment, load_assignment
from autograder.core.bars import Bars, read_bars
from autograder.core.decimals import plain_decimal
from autograder.core.draw import Draw
from autograder.core.limits import Limits
from autograder.core.outcome import TestInfo
from autograder.core.submission import Backend, LocalBackend, Submission
from autograder.core.text import one_line
from autograder.core.vision import mend_torchvision
from autograder.errors import AssignmentError, AutograderError, CheckFailure, SubmissionError

BACKEND = pytest.StashKey[Backend]()  # set by the judge; absent in process
ASSIGNMENTS = pytest.StashKey[dict[Path, Assignment]]()
INFO = pytest.StashKey[TestInfo]()
JOB_SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub Actions shows with a job
MEASURED = pytest.StashKey[Mapping[str, Sequence[float]]]()  # what the bars of a test measured


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption("--submission", metavar="PATH", help="file (.py or .ipynb) to test; default: beside the tests")
    group.addoption("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where tensors live (auto)")
    group.addoption("--seed", type=int, default=0, help="seed of the drawn inputs (0)")
    group.addoption("--data", metavar="NAME", help="data set to train on; default: the best one that is here")
    group.addoption(
        "--skip-question", action="append", default=[], metavar="NAME", help="leave out a question's tests (repeatable)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(value, question): what the test is worth, and its question")
    config.addinivalue_line("markers", "limits(**overrides): what its probes may use in the sandbox")
    config.addinivalue_line("markers", "timeout(seconds): wall clock of each of its probes in the sandbox")
    config.stash[ASSIGNMENTS] = {}
    mend_torchvision()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skipped = set(config.getoption("--skip-question"))
    keep: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        info = _describe(item)
        if info is not None:
            item.stash[INFO] = info
        (left_out if info is not None and info.question in skipped else keep).append(item)
    _refuse_repeats(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = keep


def _describe(item: pytest.Item) -> TestInfo | None:
    """A test's points and question; None for a test that has none (a student's own)."""
    mark = item.get_closest_marker("points")
    if mark is None:
        return None
    assignment = assignment_of(item)
    doc = (getattr(getattr(item, "obj", None), "__doc__", None) or "").strip()
    try:
        question = assignment.question(mark.kwargs["question"]).name
    except AssignmentError as error:
        raise pytest.UsageError(str(error)) from None
    hidden = assignment.hidden_folder in item.path.parents
    return TestInfo(item.name, question, mark.args[0], hidden, doc.split("\n")[0].strip())


def _refuse_repeats(items: list[pytest.Item]) -> None:
    seen: dict[tuple[Path, str], str] = {}
    for item in items:
        if (info := item.stash.get(INFO, None)) is None:
            continue
        key = (assignment_of(item).folder, info.name)
        if key in seen:
            raise pytest.UsageError(f"two tests are named {info.name}: {seen[key]} and {item.nodeid}")
        seen[key] = item.nodeid


def assignment_of(item: pytest.Item) -> Assignment:
    """The assignment whose folder, or its ``hidden/``, holds the test.

    Raises:
        pytest.UsageError: there is none, or its toml is not as it must be.
    """
    known = item.config.stash[ASSIGNMENTS]
    for folder in (item.path.parent, item.path.parent.parent):
        if folder in known:
            return known[folder]
        if (folder / TOML_NAME).is_file():
            try:
                known[folder] = load_assignment(folder)
            except AssignmentError as error:
                raise pytest.UsageError(str(error)) from None
            return known[folder]
    raise pytest.UsageError(f"{item.path}: a test with points needs {TOML_NAME} beside it")


@pytest.fixture
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """The assignment that the test belongs to: title, thresholds, …"""
    return assignment_of(request.node)


def dataset_of(config: pytest.Config, assignment: Assignment) -> str:
    """The data set in use: what ``--data`` names, or the first of the assignment's that is here; "" where it has none.

    One without a calibrated bar, which can judge no one, is in use only when it is asked for.

    Raises:
        pytest.UsageError: the assignment can't take what is asked for, or it is not here.
    """
    asked = config.getoption("--data")
    if not assignment.data:
        return ""
    if asked is not None and (os.sep in asked or Path(asked).suffix):
        asked = str(config.invocation_params.dir / asked)
    from autograder.data import resolve  # most tests need no data

    try:
        known = {bar.data for bar in read_bars(assignment.folder) if bar.bar is not None}
        choices = assignment.data if asked else [name for name in assignment.data if name in known] or assignment.data
        return str(resolve(choices, asked))
    except AutograderError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture
def dataset(pytestconfig: pytest.Config, assignment: Assignment) -> str:
    """The name of the data set to train on."""
    return dataset_of(pytestconfig, assignment)


@pytest.fixture
def bars(request: pytest.FixtureRequest, assignment: Assignment, dataset: str, device: torch.device) -> Bars:
    """What trained models are judged by."""
    seed, name = request.config.getoption("--seed"), request.node.name
    draws = (Draw.for_test(seed, f"{name}, trial {number}") for number in itertools.count())
    found = Bars(assignment, dataset, device.type, draws)
    request.node.stash[MEASURED] = found.measured
    return found


@pytest.fixture(scope="session")
def device(pytestconfig: pytest.Config) -> torch.device:
    """The device under test, from ``--device``."""
    wanted = pytestconfig.getoption("--device")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    elif wanted == "cuda" and BACKEND not in pytestconfig.stash and not torch.cuda.is_available():
        raise pytest.UsageError("--device cuda: PyTorch sees no GPU here; run with --device cpu")
    return torch.device(wanted)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """Seeded inputs: the same for the same ``--seed`` and test."""
    return Draw.for_test(request.config.getoption("--seed"), request.node.name)


@pytest.fixture(scope="session")
def _local_backends() -> dict[tuple[Path, str], LocalBackend]:
    """One loaded module a submission and session."""
    return {}


@pytest.fixture
def submission(
    request: pytest.FixtureRequest,
    assignment: Assignment,
    device: torch.device,
    _local_backends: dict[tuple[Path, str], LocalBackend],
) -> Submission:
    """The submission under test."""
    config = request.config
    backend = config.stash.get(BACKEND, None)
    if backend is None:
        path = _submission_path(config, assignment)
        key = (path, assignment.name)
        if key not in _local_backends:
            _local_backends[key] = LocalBackend(path, assignment.module, autograd=assignment.autograd)
        backend = _local_backends[key]
    seed = config.getoption("--seed")
    return Submission(
        backend, device=device, seed=seed, scope=request.node.name, limits=_limits(request.node, assignment)
    )


def _limits(item: pytest.Item, assignment: Assignment) -> Limits:
    """The assignment's limits with what the test's marks override."""
    own = item.get_closest_marker("limits")
    timeout = item.get_closest_marker("timeout")
    limits = replace(assignment.limits, **own.kwargs) if own else assignment.limits
    return replace(limits, seconds=float(timeout.args[0])) if timeout else limits


def _submission_path(config: pytest.Config, assignment: Assignment) -> Path:
    given = config.getoption("--submission")
    if given is not None:
        path = Path(given) if Path(given).is_absolute() else config.invocation_params.dir / given
        if path.is_dir():
            path = path / f"{assignment.module}.py"
    else:
        path = assignment.folder / f"{assignment.module}.py"
        notebook = path.with_suffix(".ipynb")
        path = notebook if notebook.is_file() and not path.is_file() else path
    if not path.is_file():
        pytest.fail(f"{path}: no such file; put your solution there or name it with --submission PATH", pytrace=False)
    return path


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    info = item.stash.get(INFO, None)
    if info is not None and report.when == "call":
        # A property travels with the report, also from an xdist worker to the process that prints the table.
        report.user_properties.append(
            ("autograder", (str(assignment_of(item).folder), info.question, str(info.points)))
        )
    style = item.config.getoption("tbstyle", None)  # the judge has none: it has no terminal, and words failures itself
    if report.failed and call.excinfo is not None and style in ("auto", "short"):
        message = _short_failure(item, call.excinfo)
        if message is not None:
            report.longrepr = message
    return report


def _short_failure(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    """A judgement in its own words, without the frames of the test; None: pytest's traceback serves better."""
    error = excinfo.value
    where = f"({item.location[0]}:{(item.location[1] or 0) + 1})"
    if isinstance(error, CheckFailure | SubmissionError):
        return f"{error}\n{where}"
    if isinstance(error, NotImplementedError):
        frame = excinfo.traceback[-1]
        return f"not implemented yet: {error} ({Path(str(frame.path)).name}:{frame.lineno + 1})\n{where}"
    return None


@dataclass(frozen=True)
class Ran:
    """A test that ran in this session, for the closing table."""

    question: str
    points: Decimal
    passed: bool


@dataclass(frozen=True)
class Row:
    """A question in the closing table: points earned, of those of the tests that ran."""

    title: str
    got: Decimal
    most: Decimal


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A table of questions with the points that this run earned; also in the summary of a GitHub Actions job."""
    ran: dict[Path, list[Ran]] = {}
    for category in ("passed", "failed"):
        for report in terminalreporter.stats.get(category, []):
            for name, value in getattr(report, "user_properties", ()):
                if name == "autograder" and report.when == "call":
                    ran.setdefault(Path(value[0]), []).append(Ran(value[1], Decimal(value[2]), category == "passed"))
    tables = [(load_assignment(folder), ran[folder]) for folder in sorted(ran)]
    for table in tables:
        for line in points_table(*table):
            terminalreporter.write_line(line)
    path = os.environ.get(JOB_SUMMARY)
    if path and tables and not hasattr(config, "workerinput"):  # a worker of xdist has a summary that nobody sees
        try:
            _append_job_summary(Path(path), tables)
        except OSError as error:  # the run's verdict does not depend on it
            terminalreporter.write_line(f"{JOB_SUMMARY}: the table could not be written ({error.strerror})")


def _append_job_summary(path: Path, tables: Sequence[tuple[Assignment, Sequence[Ran]]]) -> None:
    """Add the tables; what other steps wrote stays."""
    lines = (line for table in tables for line in points_markdown(*table))
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def points_rows(assignment: Assignment, ran: Sequence[Ran]) -> list[Row]:
    """The closing table: a question each, in the order of the handout, those that did not run left out."""
    rows = []
    for question in assignment.questions:
        tests = [test for test in ran if test.question == question.name]
        most = sum((test.points for test in tests), Decimal(0))
        got = sum((test.points for test in tests if test.passed), Decimal(0))
        if tests:
            rows.append(Row(question.title, Decimal(0) if question.all_or_nothing and got < most else got, most))
    return rows


def _total(rows: Sequence[Row]) -> Row:
    return Row("total", sum((row.got for row in rows), Decimal(0)), sum((row.most for row in rows), Decimal(0)))


def _not_run(assignment: Assignment, possible: Decimal) -> str | None:
    if possible >= assignment.points:
        return None
    rest = plain_decimal(assignment.points - possible)
    return f"tests that did not run here, the graders' hidden ones among them, are worth {rest} more"


def points_table(assignment: Assignment, ran: Sequence[Ran]) -> Iterator[str]:
    """Lines of the closing table for a terminal."""
    rows = points_rows(assignment, ran)
    width = max(len(row.title) for row in rows)
    total = _total(rows)
    yield f"points: {assignment.title}"
    for row in [*rows, total]:
        yield f"  {row.title:<{width}}  {plain_decimal(row.got):>5} of {plain_decimal(row.most):>5}"
    if (rest := _not_run(assignment, total.most)) is not None:
        yield f"  {rest}"


def points_markdown(assignment: Assignment, ran: Sequence[Ran]) -> Iterator[str]:
    """Lines of the closing table in Markdown; titles are anybody's text and are shown as they are."""
    rows = points_rows(assignment, ran)
    total = _total(rows)
    yield f"### {_literal(assignment.title)}"
    yield ""
    yield "| question | points | of |"
    yield "| :--- | ---: | ---: |"
    for row in rows:
        yield f"| {_literal(row.title)} | {plain_decimal(row.got)} | {plain_decimal(row.most)} |"
    yield f"| **total** | **{plain_decimal(total.got)}** | **{plain_decimal(total.most)}** |"
    yield ""
    if (rest := _not_run(assignment, total.most)) is not None:
        yield rest.capitalize() + "."
        yield ""


def _literal(text: str) -> str:
    """Text in one line that Markdown and HTML show as it is: each character that could mean something as its number."""
    return "".join(c if c.isalnum() or c in " ,;()" else f"&#{ord(c)};" for c in one_line(text))
