"""A pytest plugin that leaves what became of each test in a file: ``-p autograder.release.verdicts --verdicts FILE``.

The check of a release reads it; the plugin comes along in the wheel, so that it runs where students' tests run.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption("--verdicts", metavar="FILE", help="write what became of each test to FILE, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Record, where it is asked for."""
    if file := config.getoption("--verdicts"):
        config.pluginmanager.register(_Recorder(Path(file)))


class _Recorder:
    """Notes tests with their points and first line of failure, and what broke outside of any test."""

    def __init__(self, path: Path):
        self._path = path
        self._tests: list[dict[str, object]] = []
        self._broken: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broken.append(f"{report.nodeid}: {_first_line(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.when == "call":
            points = sum((_points(value) for key, value in report.user_properties if key == "autograder"), Decimal(0))
            failure = _first_line(report) if report.failed else ""
            self._tests.append({"name": name, "points": str(points), "passed": not report.failed, "message": failure})
        elif report.failed:
            self._broken.append(f"{report.when} of {name}: {_first_line(report)}")

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps({"tests": self._tests, "broken": self._broken}), encoding="utf-8")


def _points(told: Any) -> Decimal:
    """What the plugin says that a test is worth; it tells folder, question and points."""
    return Decimal(told[2])


def _first_line(report: pytest.CollectReport | pytest.TestReport) -> str:
    lines = [line.strip() for line in report.longreprtext.split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]  # pytest's own mark of what was raised
    return (errors or lines or ["no message"])[0].removeprefix("E ").strip()[:200]
