"""Which tests a change can reach: never too few, and few enough to be worth it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.assignment import find_assignment
from autograder.verify.answers import answers_of
from autograder.verify.reach import Reach
from tests.conftest import ROOT

NAMES = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))

SOLUTION = """
import torch
from torch import nn

LIMIT = 3

def scale(x):
    return x * LIMIT

def shift(x):
    return scale(x) + 1

def relu_forward(x):
    return x.clamp(min=0)

def relu_backward(upstream):
    return upstream

def train(x):
    return x

class Net(nn.Module):
    def forward(self, x):
        return self.train(False) and shift(x)
"""

TESTS = """
import pytest
import torch
from autograder import probe

@probe
def call_net(student, x):
    return student.Net()(x)

@pytest.fixture
def wanted():
    return "scale"

def check(submission, layer):
    return submission.call(f"{layer}_forward", 1)

def by_suffix(submission, name):
    return submission.call(name + "_backward", 1)

def test_scale(submission):
    submission.call("scale", torch.train(2))

def test_shift(submission):
    submission.run(lambda student: student.shift(2))

def test_net(submission):
    submission.run(call_net, 2)

def test_layers(submission):
    check(submission, "relu")

def test_suffix(submission):
    by_suffix(submission, "relu")

def test_fixture(submission, wanted):
    submission.call(wanted, 1)

@pytest.mark.parametrize("name", ["train"])
def test_parametrized(submission, name):
    submission.call(name, 1)
"""
ALL = {"scale", "shift", "net", "layers", "suffix", "fixture", "parametrized"}


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    path = tmp_path / "test_it.py"
    path.write_text(TESTS)
    return Reach(SOLUTION, [path])


def told_by(reach: Reach, source: str) -> set[str]:
    can_tell = reach.of(source)
    return {name for name in ALL if can_tell(f"test_{name}")}


@pytest.mark.parametrize(
    ("before", "after", "tests"),
    [
        ("return x * LIMIT", "return x", {"scale", "shift", "net", "fixture"}),
        ("scale(x) + 1", "scale(x) - 1", {"shift", "net"}),
        ("and shift(x)", "or shift(x)", {"net"}),
        ("return x.clamp(min=0)", "return x", {"layers"}),
        ("    return upstream", "    return -upstream", {"suffix"}),
        ("def train(x):\n    return x", "def train(x):\n    return 0", {"parametrized"}),
        ("LIMIT = 3", "LIMIT = 4", ALL),  # it could be read by anything
        ("LIMIT = 3", "LIMIT = 3\nOTHER = 4", set()),
        ("LIMIT = 3", "LIMIT = 3\nOTHER = torch.set_default_dtype(torch.float64)", ALL),
        ("LIMIT = 3", "LIMIT = 3\ntorch.manual_seed(0)", ALL),
        ("class Net(nn.Module):", "class Net(nn.Module):\n    torch.manual_seed(0)", ALL),
        ("def train(x):\n    return x\n", "", ALL),
        ("from torch import nn", "import math\nfrom torch import nn", set()),
        ("from torch import nn", "from torch import jit as nn", ALL),
        ("import torch\n", "import torch\n", set()),
    ],
)
def test_a_change_reaches(reach, before, after, tests):
    assert before in SOLUTION
    assert told_by(reach, SOLUTION.replace(before, after, 1)) == tests


def test_an_unknown_test_counts_as_reached(reach):
    assert reach.of(SOLUTION.replace("* LIMIT", ""))("test_from_elsewhere")


def test_parameters_of_a_test_don_t_matter(reach):
    assert reach.of(SOLUTION.replace("    return x\n", "    return 0\n"))("test_parametrized[train]")


@pytest.mark.parametrize("name", NAMES)
def test_every_mutant_reaches_all_tests_that_it_fails(name):
    """Without grading: what each mutant fails is recorded in its file, and held true by verify."""
    assignment = find_assignment(ROOT, name)
    answers = answers_of(ROOT, assignment)
    mutants = [answer for answer in answers if answer.kind == "mutant"]
    reach = Reach(answers[0].source, assignment.test_files())
    named = {test for mutant in mutants for test in mutant.fails}
    shares = []
    for mutant in mutants:
        can_tell = reach.of(mutant.source)
        assert [test for test in mutant.fails if not can_tell(test)] == [], mutant.name
        shares.append(sum(map(can_tell, named)) / len(named))
    assert sum(shares) / len(shares) < 0.7, "nothing is saved"
