"""The GitHub Actions workflow of a students' repository: public tests on every push, and the points in the summary.

It depends on nothing but GitHub Actions: no service that hands out repositories, no key, no package index of the
course. The table is written by the plugin, which finds ``GITHUB_STEP_SUMMARY``.
"""

from __future__ import annotations

import re

from autograder.core.assignment import Assignment

WORKFLOW_NAME = ".github/workflows/tests.yml"
GPU_VARIABLE = "RUN_ON_GPU"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_TORCH = "torch>=2.4"
_WITH_TORCH = re.compile(r"torch(vision|audio)\b")  # compiled for one build of torch, so they come from its index

_WORKFLOW = """\
# Runs the public tests on every push; the run's summary shows the points. The graders' hidden tests come on top.
name: tests

on:
  push:
  workflow_dispatch:

permissions:
  contents: read

jobs:
  cpu:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
          cache: pip
          cache-dependency-path: requirements.txt
      - name: Install PyTorch, the build without CUDA
        run: python -m pip install {torch} --index-url {index}
      - name: Install the rest
        run: python -m pip install -r requirements.txt
      - name: Run the public tests
        run: python -m pytest --device cpu

  # Needs a self-hosted runner with the label gpu. Off, until the repository's (or organisation's) variable
  # {variable} is true: Settings, Secrets and variables, Actions, Variables.
  gpu:
    if: vars.{variable} == 'true'
    runs-on: [self-hosted, gpu]
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v6
      - name: Make an environment
        run: python3 -m venv .venv
      - name: Install
        run: .venv/bin/python -m pip install -r requirements.txt
      - name: Run the public tests
        run: .venv/bin/python -m pytest --device cuda
"""


def workflow_yaml(assignment: Assignment) -> str:
    """The workflow's text, for ``.github/workflows/tests.yml``."""
    packages = (_TORCH, *filter(_WITH_TORCH.match, assignment.requires))
    torch = " ".join(f"'{package}'" for package in packages)
    return _WORKFLOW.format(torch=torch, index=CPU_INDEX, variable=GPU_VARIABLE)
