"""The README's commands run, and print what it shows (``...`` stands for any lines, ``*`` for anything in a line)."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, list[str]]]:
    """Commands with the lines that must follow them."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(BLOCKS).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are what is shown; ``...`` skips any number of them."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    pattern = re.sub(r"\[(?!\*\])", "[[]", shown[0].rstrip()).replace("[*]", "[[]*]")
    return bool(printed) and fnmatch.fnmatchcase(printed[0].rstrip(), pattern) and matches(shown[1:], printed[1:])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course without what is made in it, to run commands in."""
    folder = tmp_path_factory.mktemp("readme") / "course"
    left_out = shutil.ignore_patterns(".venv", ".git", "demo", "grades", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=left_out)
    return folder


def test_commands_print_what_the_readme_shows(copy):
    bins = [str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(bins), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    for name in list(environment):  # this pytest's own settings are none of theirs
        if name.startswith(("PYTEST", "COV")):
            del environment[name]
    assert len(steps()) >= 7
    for command, shown in steps():
        done = subprocess.run(["bash", "-c", command], cwd=copy, env=environment, capture_output=True, text=True)
        printed = [line for line in done.stdout.splitlines() if line.strip()]
        assert not done.stderr.strip(), f"$ {command}\n{done.stderr}"
        assert matches(shown, printed), f"$ {command}\n" + "\n".join(printed)


def test_the_make_commands_exist():
    targets = re.findall(r"`?make (\w+)`?", README)
    assert {"demo", "test", "bench", "help"} <= set(targets)
    for target in set(targets):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_ci_calls_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in README


def test_paths_in_the_readme_exist():
    for path in re.findall(r"`((?:autograder|assignments|solutions|student_template)/[\w./]*)`", README):
        assert (ROOT / path).exists(), path


def test_security_promises_name_tests_that_exist():
    text = (ROOT / "SECURITY.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) >= 15
    for path, test in named:
        source = (ROOT / path).read_text()
        assert not test or f"def {test}(" in source, f"{path}::{test}"
