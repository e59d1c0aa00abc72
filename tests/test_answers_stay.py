"""No answer is sent before it is earned: what a probe is given does not hold what the solution returns.

A submission may look through the arguments of a probe, which it can't be kept from. So each assignment's tests run on
its solution while every request is recorded, and no result may be among what was sent.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder.core.assignment import find_assignment
from autograder.core.submission import LocalBackend
from autograder.data import offline_choice
from autograder.release.student import solution_path
from tests.conftest import ROOT

NAMES = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))
_TELLING = 4  # entries; fewer agree by accident

# Tests in which a result is an argument by right: the reason, and who.
_UNCHANGED = "the probe hands back an argument, which must not have changed"
_CONVERTED = "the same numbers are wanted, in another type"
EXPECTED: dict[str, dict[str, str]] = {
    "tensor_ops": dict.fromkeys(
        [
            "test_from_numpy_shared_sees_writes_to_the_array",
            "test_to_match_takes_the_dtype",
            "test_to_numpy_copy_can_be_written",
            "test_to_numpy_copy_does_not_see_writes_to_the_tensor",
            "test_to_numpy_copy_keeps_values_and_dtype",
            "test_to_numpy_copy_of_a_tensor_that_requires_grad",
        ],
        _CONVERTED,
    ),
    "manual_backprop": dict.fromkeys(
        [
            "test_gradient_descent_keeps_start",
            "test_layer_norm_caches_are_separate",
            "test_linear_caches_are_separate",
            "test_numerical_gradient_restores_x",
            "test_numerical_gradient_restores_x_when_f_raises",
            "test_relu_caches_are_separate",
            "test_sgd_step_keeps_grads",
            "test_sgd_step_layouts",
            "test_sigmoid_caches_are_separate",
            "test_softmax_cross_entropy_batch_of_one",
            "test_softmax_cross_entropy_confident",
            "test_softmax_cross_entropy_float32",
            "test_softmax_cross_entropy_gradient_is_stable",
            "test_softmax_cross_entropy_layouts",
            "test_softmax_cross_entropy_missing_classes",
            "test_two_layer_net_leaves_params_alone",
        ],
        _UNCHANGED,
    ),
    "parallel_training": dict.fromkeys(
        [
            "test_accumulate_equal_parts",
            "test_accumulate_returns_the_loss",
            "test_accumulate_unequal_parts",
            "test_average_leaves_parameters",
            "test_average_of_one_and_of_two",
            "test_average_of_three",
        ],
        _UNCHANGED,
    ),
    "lstm_text": {"test_classifier_pretrained_and_frozen": "frozen vectors stay what they were given"},
    "custom_autograd": dict.fromkeys(
        [
            "test_reverse_gradient",
            "test_reverse_gradient_layouts",
            "test_round_ste_gradient",
            "test_round_ste_layouts",
            "test_round_ste_ties",
        ],
        "an identity by definition: the value, or the gradient, is what was given",
    ),
    "mlp_mnist": dict.fromkeys(
        [
            "test_adam_counts_for_each_parameter",
            "test_adam_leaves_gradients",
            "test_adam_skips_missing_gradients",
            "test_adam_zero_grad",
            "test_evaluate_accuracy",
            "test_evaluate_all_or_none",
            "test_evaluate_builds_no_graph",
            "test_evaluate_in_evaluation_mode",
            "test_evaluate_leaves_the_model",
            "test_evaluate_restores_the_mode",
            "test_make_loader_batch_sizes",
            "test_train_one_epoch_loss",
        ],
        _UNCHANGED,
    ),
}


def leaves(value: Any) -> Iterator[torch.Tensor]:
    """All tensors in a value, as float64, that are worth comparing."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        value = torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, torch.Tensor):
        if value.is_complex() or value.numel() < _TELLING or value.device.type != "cpu":
            return
        wide = value.detach().to(torch.float64)
        if not bool((wide == wide.flatten()[0]).all()):
            yield wide
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)


def is_sent(args: Any, result: Any) -> bool:
    sent = list(leaves(args))
    return any(torch.equal(one, other) for one in leaves(result) for other in sent)


class Recorder:
    """Pytest plugin that notes the tests in which a result was among the arguments."""

    def __init__(self, out: Path):
        self.out = out
        self.found: set[str] = set()
        self.requests = 0
        self.now = ""
        attempt = LocalBackend.attempt

        def watched(backend: LocalBackend, request: Any) -> Any:
            reply = attempt(backend, request)
            self.requests += 1
            if hasattr(reply, "value") and is_sent((request.args, dict(request.kwargs)), reply.value):
                self.found.add(self.now)
            return reply

        LocalBackend.attempt = watched  # type: ignore[method-assign]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.now = item.name

    def pytest_sessionfinish(self) -> None:
        self.out.write_text(json.dumps({"requests": self.requests, "found": sorted(self.found)}))


def recorded(tests: list[Path], submission: Path, out: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__)), str(out), "-q", "-p", "autograder.plugin", "-p", "no:cacheprovider"]
    command += ["-c", "/dev/null", "--noconftest", "--import-mode=importlib", "--submission", str(submission), *more]
    done = subprocess.run([*command, *map(str, tests)], cwd=ROOT, capture_output=True, text=True)
    assert out.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_result_is_among_the_arguments(name, tmp_path):
    assignment = find_assignment(ROOT, name)
    skipped = [x for question in assignment.questions if question.training for x in ("--skip-question", question.name)]
    options = [*skipped, *(["--data", data] if (data := offline_choice(assignment.data)) else [])]
    found = recorded(assignment.test_files(), solution_path(ROOT, assignment), tmp_path / "found.json", *options)
    assert found["requests"] > 50
    assert set(found["found"]) == set(EXPECTED.get(name, {}))


def test_an_answer_that_is_sent_is_noticed(tmp_path):
    (tmp_path / "assignment.toml").write_text("points = 1\nmodule = 'it'\n[[question]]\nname = 'q'\ntitle = 'Q'\n")
    (tmp_path / "it.py").write_text("def double(x):\n    return x * 2\n")
    (tmp_path / "test_it.py").write_text("""
from autograder import assert_close, points, probe
@probe
def judged_there(student, x, expected):
    return student.double(x)
@points(1, question="q")
def test_leaks(submission, draw):
    x = draw.normal(5)
    assert_close(submission.run(judged_there, x, x * 2), x * 2)
@points(0, question="q")
def test_does_not(submission, draw):
    x = draw.normal(5)
    assert_close(submission.call("double", x), x * 2)
""")
    found = recorded([tmp_path / "test_it.py"], tmp_path / "it.py", tmp_path / "found.json")
    assert found["found"] == ["test_leaks"]


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[2:], plugins=[Recorder(Path(sys.argv[1]))]))
