"""``import torchvision`` in a submission, also where its compiled operators can't be loaded."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.vision import mend_torchvision
from autograder.errors import AssignmentError
from tests.conftest import TINY, failed
from tests.test_plugin import run, student  # noqa: F401 (a fixture)

USES_IT = """
import numpy as np
import torch
from PIL import Image
from torchvision import datasets, models, transforms

to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

def twice():
    image = Image.fromarray(np.full((2, 3), 255, dtype=np.uint8))
    scaled = to_tensor(image)
    assert scaled.shape == (1, 2, 3) and scaled.dtype == torch.float32
    fake = datasets.FakeData(size=1, image_size=(1, 4, 4), transform=transforms.ToTensor())
    assert fake[0][0].shape == (1, 4, 4)
    assert len(models.resnet18().state_dict()) > 100
    return 2 * scaled.max().item()

def double(x):
    return x * twice()

def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
"""


def test_a_submission_may_use_torchvision(grade, tmp_path: Path):
    folder = shutil.copytree(TINY, tmp_path / "tiny")
    toml = folder / "assignment.toml"  # judges read the limits there
    toml.write_text(toml.read_text().replace("\nseconds = 2\n", "\nseconds = 20\n"))
    graded = grade({"ada": USES_IT}, assignment=load_assignment(folder))["ada"]
    assert failed(graded) == set(), [outcome.message for outcome in graded.outcomes]


def test_preloaded_modules_are_there_at_once(grade, tiny: Assignment):
    source = """
import sys
there = "torchvision.datasets" in sys.modules
""" + USES_IT.replace("def double(x):", "def double(x):\n    assert there")
    graded = grade({"ada": source}, assignment=replace(tiny, preload=("torchvision",)))["ada"]
    assert failed(graded) == set(), [outcome.message for outcome in graded.outcomes]


def test_a_module_to_preload_that_is_not_installed(grade, tiny: Assignment):
    with pytest.raises(AssignmentError, match=r"preload = \['no_such_module'\] can't be imported here .*install it$"):
        grade({"ada": USES_IT}, assignment=replace(tiny, preload=("no_such_module",)))


def test_torchvision_in_a_students_own_run(student: pytest.Pytester):  # noqa: F811
    (student.path / "tiny.py").write_text(USES_IT)
    run(student).assert_outcomes(passed=3)


def test_an_operator_works_or_says_why_not():
    mend_torchvision()
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0]])
    scores = torch.tensor([0.5, 0.9, 0.7])
    if torchvision.extension._has_ops():
        assert torchvision.ops.nms(boxes, scores, 0.5).tolist() == [1, 2]
    else:
        with pytest.raises(RuntimeError, match="Couldn't load custom C\\+\\+ ops"):
            torchvision.ops.nms(boxes, scores, 0.5)


# ---------------------------------------------------------------------------------------------------------------------
# Made-up builds of torchvision, so that the outcome does not depend on the one installed here
# ---------------------------------------------------------------------------------------------------------------------

_NEEDS_NMS = """
import torch
import torchvision.extension

@torch.library.register_fake("torchvision::nms")
def nms(dets, scores, iou_threshold):
    return dets
"""
_WITHOUT_OPERATORS = "def _has_ops():\n    return False\n"
_WITH_OPERATORS = """
import torch
library = torch.library.Library("torchvision", "DEF")  # there can be one only, as in C++
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.impl("nms", lambda dets, scores, iou_threshold: dets + 1, "CPU")

def _has_ops():
    return True
"""


@pytest.fixture
def build(tmp_path: Path):
    """A torchvision in which ``extension.py`` has this text; returns what Python prints of a program beside it."""

    def make(extension: str):
        package = tmp_path / "torchvision"
        package.mkdir()
        (package / "__init__.py").write_text("from . import extension\nfrom torchvision import _meta_registrations\n")
        (package / "extension.py").write_text(extension)
        (package / "_meta_registrations.py").write_text(_NEEDS_NMS)

        def python(program: str) -> str:
            program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{textwrap.dedent(program)}"
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
            return done.stdout + done.stderr

        return python

    return make


CALL = """
import torch, torchvision
try:
    print("nms", torch.ops.torchvision.nms(torch.ones(1), torch.ones(1), 0.5).item())
except NotImplementedError:
    print("nms is not there")
"""


def test_missing_operators_are_declared(build):
    python = build(_WITHOUT_OPERATORS)
    assert "operator torchvision::nms does not exist" in python("import torchvision")  # the problem
    mended = "from autograder.core.vision import mend_torchvision as mend\nmend()\nmend()\n"
    assert python(mended + CALL) == "nms is not there\n"
    # Its modules are as they would be: source in tracebacks, one copy, reloading.
    look = "import importlib, inspect, torchvision.extension as e\nprint(inspect.getsource(importlib.reload(e)))"
    assert python(mended + look) == _WITHOUT_OPERATORS + "\n"


def test_an_import_that_failed_before_is_mended_too(build):
    program = """
    try:
        import torchvision
    except RuntimeError as error:
        print(error)
    from autograder.core.vision import mend_torchvision
    mend_torchvision()
    """
    printed = build(_WITHOUT_OPERATORS)(textwrap.dedent(program) + CALL)
    assert printed == "operator torchvision::nms does not exist\nnms is not there\n"


def test_a_healthy_build_is_left_alone(build):
    mended = "from autograder.core.vision import mend_torchvision as mend, _declared\nmend()\n"
    assert build(_WITH_OPERATORS)(mended + CALL + "\nmend()\nprint(_declared)") == "nms 2.0\n[]\n"


def test_a_module_that_starts_threads_is_not_preloaded(tmp_path: Path):
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[9]).start()"
    )
    program = (
        f"import sys, torch, os; torch.set_num_threads(1); sys.path.insert(0, {str(tmp_path)!r})\n"
        "from autograder.core.nursery import _preload\n"
        "try:\n    _preload(['json', 'threaded'])\n"
        "except SystemExit as end:\n    print(end, flush=True)\n    os._exit(3)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stdout == "ERROR: the assignment's preload = ['threaded'] starts threads (2); leave it to the workers\n"
