"""The workflow of a students' repository, its steps run by hand, and the table in the job summary."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from autograder.core.assignment import Assignment, Question, load_assignment
from autograder.plugin import JOB_SUMMARY, Ran, points_markdown, pytest_terminal_summary
from autograder.release.scaffold import scaffold
from autograder.release.student import solution_path, student_files
from autograder.release.wheel import engine_wheel
from autograder.release.workflow import CPU_INDEX, GPU_VARIABLE, WORKFLOW_NAME, workflow_yaml
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    scaffold(folder, "tiny")
    return folder


@pytest.fixture
def scratch(course: Path) -> Assignment:
    return load_assignment(course / "assignments" / "tiny")


@pytest.fixture
def received(course: Path, scratch: Assignment, tmp_path: Path) -> Path:
    """The student's folder with the solution in it."""
    for name, data in student_files(course, scratch).items():
        path = tmp_path / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "tiny" / "tiny.py").write_bytes(solution_path(course, scratch).read_bytes())
    return tmp_path / "tiny"


def jobs_of(assignment: Assignment) -> dict[str, Any]:
    return yaml.safe_load(workflow_yaml(assignment))["jobs"]


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def run(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A step as a runner does it; nothing of this pytest session carries over."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "GITHUB", "COV"))}
    bins = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**inherited, "PATH": bins, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


# ---------------------------------------------------------------------------------------------------------------------
# The file
# ---------------------------------------------------------------------------------------------------------------------


def test_workflow_goes_along_with_the_student_folder(course: Path, scratch: Assignment) -> None:
    assert student_files(course, scratch)[WORKFLOW_NAME].decode() == workflow_yaml(scratch)


def test_jobs_run_where_they_say(scratch: Assignment) -> None:
    jobs = jobs_of(scratch)
    assert jobs["cpu"]["runs-on"] == "ubuntu-latest" and "if" not in jobs["cpu"]
    assert jobs["gpu"]["runs-on"] == ["self-hosted", "gpu"]
    assert jobs["gpu"]["if"] == f"vars.{GPU_VARIABLE} == 'true'"
    assert commands(jobs["cpu"])[-1] == "python -m pytest --device cpu"
    assert commands(jobs["gpu"])[-1].endswith("python -m pytest --device cuda")
    assert all("timeout-minutes" in job for job in jobs.values())


def test_strangers_can_start_nothing_and_the_token_reads_only(scratch: Assignment) -> None:
    """A pull request from a fork would run its code on the course's own machine."""
    workflow = yaml.safe_load(workflow_yaml(scratch))
    assert set(workflow[True]) == {"push", "workflow_dispatch"}  # YAML 1.1 reads `on` as a boolean
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in workflow_yaml(scratch) and "${{" not in workflow_yaml(scratch)


def test_actions_are_githubs_own_and_pinned_to_a_major_version(scratch: Assignment) -> None:
    used = [step["uses"] for job in jobs_of(scratch).values() for step in job["steps"] if "uses" in step]
    assert {action.split("@")[0] for action in used} == {"actions/checkout", "actions/setup-python"}
    assert all(re.fullmatch(r"[\w/-]+@v\d+", action) for action in used)
    assert "classroom" not in workflow_yaml(scratch).lower()


def test_cpu_build_of_torch_comes_first_with_what_is_compiled_for_it(scratch: Assignment) -> None:
    assignment = replace(scratch, requires=("mlxtend>=0.23", "torchvision>=0.19"))
    first, second, _ = commands(jobs_of(assignment)["cpu"])
    assert first == f"python -m pip install 'torch>=2.4' 'torchvision>=0.19' --index-url {CPU_INDEX}"
    assert second == "python -m pip install -r requirements.txt"


def test_torch_is_the_one_that_the_engine_needs(scratch: Assignment) -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (torch,) = (item for item in dependencies if re.match(r"torch\b", item))
    assert f"'{torch}'" in workflow_yaml(scratch)


# ---------------------------------------------------------------------------------------------------------------------
# The steps, run by hand
# ---------------------------------------------------------------------------------------------------------------------


def test_steps_of_the_cpu_job_show_the_points(scratch: Assignment, received: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("what another step wrote\n")
    wheel = engine_wheel()
    (received / wheel.name).write_bytes(wheel.data)
    *installs, test = commands(jobs_of(scratch)["cpu"])
    for install in installs:  # what they name is here already: pip reads, resolves, and installs nothing
        done = run(install, received, PIP_DRY_RUN="1", PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
        assert done.returncode == 0 and "torch" in done.stdout, done.stderr
    done = run(test, received, **{JOB_SUMMARY: str(summary)})
    assert done.returncode == 0, done.stdout
    assert summary.read_text() == (
        "what another step wrote\n"
        "### Tiny\n"
        "\n"
        "| question | points | of |\n"
        "| :--- | ---: | ---: |\n"
        "| Rows of length one | 5 | 5 |\n"
        "| **total** | **5** | **5** |\n"
        "\n"
        "Tests that did not run here, the graders' hidden ones among them, are worth 5 more.\n"
        "\n"
    )


def test_stub_fails_the_job_and_its_table_is_written_once_under_xdist(
    course: Path, scratch: Assignment, received: Path
) -> None:
    (received / "tiny.py").write_bytes(student_files(course, scratch)["tiny.py"])
    command = commands(jobs_of(scratch)["cpu"])[-1]
    done = run(f"{command} -n 1", received, **{JOB_SUMMARY: str(received / "s.md")})
    assert done.returncode == 1
    assert (received / "s.md").read_text().count("| **total** | **0** | **5** |") == 1


class Reporter:
    """A terminal that has seen one test pass."""

    def __init__(self, folder: Path):
        report = SimpleNamespace(when="call", user_properties=[("autograder", (str(folder), "unit_rows", "5"))])
        self.stats = {"passed": [report]}
        self.lines: list[str] = []
        self.write_line = self.lines.append


def test_summary_that_can_not_be_written_is_said_and_nothing_more(
    scratch: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(JOB_SUMMARY, str(tmp_path / "no" / "folder.md"))
    reporter = Reporter(scratch.folder)
    pytest_terminal_summary(reporter, SimpleNamespace())
    assert reporter.lines[-1] == f"{JOB_SUMMARY}: the table could not be written (No such file or directory)"


# ---------------------------------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------------------------------

HOSTILE = "</td>|<script>alert(1)</script> [x](http://y) **b** `c` @all\n# h &amp; \x1b[31m_ \\"


def markdown(assignment: Assignment, *ran: Ran) -> list[str]:
    return list(points_markdown(assignment, ran))


def test_hostile_titles_are_shown_as_they_are(scratch: Assignment) -> None:
    """A student can edit assignment.toml; the page must not become theirs."""
    hostile = replace(scratch, title=HOSTILE, questions=(Question("unit_rows", HOSTILE),))
    lines = markdown(hostile, Ran("unit_rows", Decimal(5), True))
    for line in (lines[0].removeprefix("### "), lines[4].removeprefix("| ").partition(" | 5 |")[0]):
        assert not set(line) & set("<>|[]*`@_\\\n\x1b"), line
        assert "&#60;script&#62;" in line
    assert sum(line.startswith("|") for line in lines) == 4


def test_all_or_nothing_costs_all(scratch: Assignment) -> None:
    strict = replace(scratch, questions=(Question("unit_rows", "Rows", all_or_nothing=True),))
    lines = markdown(strict, Ran("unit_rows", Decimal(5), True), Ran("unit_rows", Decimal(5), False))
    assert "| Rows | 0 | 10 |" in lines and "| **total** | **0** | **10** |" in lines
    assert "worth" not in "".join(lines)
