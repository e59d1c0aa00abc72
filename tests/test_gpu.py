"""What a GPU changes. Tests marked ``gpu`` run wherever there is one; the others simulate what they can."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.core.assignment import find_assignment
from autograder.core.engine import Engine
from autograder.core.gpus import free_memory_mb, jobs_that_fit
from autograder.core.outcome import Task
from autograder.data import offline_choice
from autograder.release.student import solution_path
from autograder.selftest.compose import caught_by, compose
from tests.conftest import ROOT, failed, message

NAMES = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))
MUTANTS = 20  # of each assignment; all of them are graded on the CPU


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Puts a program in nvidia-smi's place; returns where it notes its arguments."""

    def install(answer: str, code: int = 0) -> Path:
        program, notes = tmp_path / "nvidia-smi", tmp_path / "arguments"
        program.write_text(f'#!/bin/sh\necho "$@" > {notes}\necho "{answer}"\nexit {code}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return notes

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return install


def test_free_memory_is_that_of_the_first_visible_gpu(nvidia_smi, monkeypatch):
    notes = nvidia_smi("81000")
    assert free_memory_mb() == 81000
    assert "-i" not in notes.read_text().split()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert free_memory_mb() == 81000
    assert notes.read_text().split()[-2:] == ["-i", "2"]


@pytest.mark.parametrize(("answer", "code"), [("No devices were found", 6), ("[N/A]", 0), ("", 0)])
def test_free_memory_is_unknown_where_nvidia_smi_fails(nvidia_smi, answer, code):
    nvidia_smi(answer, code)
    assert free_memory_mb() is None
    assert jobs_that_fit(8, 4096) == 8


@pytest.mark.parametrize(("free", "jobs"), [(81000, 8), (20000, 4), (5000, 1), (100, 1)])
def test_no_more_workers_than_the_gpu_has_room_for(nvidia_smi, free, jobs):
    nvidia_smi(str(free))
    assert jobs_that_fit(8, 4096) == jobs


def test_out_of_gpu_memory_is_reported_as_such(grade):
    """Torch's own text names the whole machine's memory and its processes."""
    text = (
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1 GiB is "
        "free. Process 4711 has 3 GiB memory in use."
    )
    source = f"import torch\ndef double(x):\n    raise torch.cuda.OutOfMemoryError({text!r})\n"
    said = next(o.message for o in grade({"hungry": source})["hungry"].outcomes if "memory" in o.message)
    assert "CUDA out of memory. Tried to allocate 20.00 GiB" in said
    assert "4711" not in said


def test_float32_products_are_computed_in_full(grade):
    source = """
import torch
torch.set_float32_matmul_precision("medium")
def double(x):
    if torch.get_float32_matmul_precision() != "highest" or torch.backends.cudnn.allow_tf32:
        raise RuntimeError("TF32")
    return x * 2
def halve(x):
    return x / 2
"""
    graded = grade({"fast": source})["fast"]
    assert not [outcome for outcome in graded.outcomes if "TF32" in outcome.message]
    assert [outcome for outcome in graded.outcomes if outcome.verdict == "passed"]


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_right_and_wrong_are_told_apart_on_the_gpu(name, tmp_path):
    assignment = find_assignment(ROOT, name)
    whole = solution_path(ROOT, assignment).read_text()
    fragments = {"": frozenset[str]()}
    for path in sorted((ROOT / "solutions" / name / "variants").glob("*.py")):
        fragments[path.read_text()] = frozenset()
    mutants = sorted((ROOT / "solutions" / name / "mutants").glob("*.py"))
    for path in mutants[:: max(1, len(mutants) // MUTANTS)]:
        fragments[path.read_text()] = frozenset(caught_by(path.read_text()))
    tasks = []
    for number, text in enumerate(fragments):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"{assignment.module}.py").write_text(compose(whole, text))
        tasks.append(Task(str(number), folder, f"{assignment.module}.py"))
    wrong = []
    with Engine(assignment, device="cuda", jobs=4, data=offline_choice(assignment.data)) as engine:
        for graded in engine.grade(tasks):
            expected = list(fragments.values())[int(graded.key)]
            if failed(graded) != expected:
                text = list(fragments)[int(graded.key)].split("\n")[0]
                wrong.append(f"{text}: {sorted(failed(graded) ^ expected)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.gpu
def test_the_limit_on_gpu_memory_holds(grade, tiny):
    source = "import torch\ndef double(x):\n    return torch.empty(20 * 2**30, device=x.device)[: x.numel()]\n"
    graded = grade({"hungry": source}, device="cuda")["hungry"]
    assert any("out of memory" in outcome.message for outcome in graded.outcomes)


@pytest.mark.gpu
def test_a_result_left_on_the_cpu_is_named(grade):
    source = "def double(x):\n    return x.cpu() * 2\n\ndef halve(x):\n    return x / 2\n"
    graded = grade({"homesick": source}, device="cuda")["homesick"]
    assert any("cuda" in outcome.message for outcome in graded.outcomes)


@pytest.mark.gpu
def test_a_worker_of_its_own_starts_cuda_and_the_nursery_does_not(grade):
    source = """
def double(x):
    if not x.is_cuda:
        raise RuntimeError("not on the GPU")
    return x * 2
def halve(x):
    return x / 2
"""
    for graded in grade(dict.fromkeys("abc", source), device="cuda", jobs=3).values():
        assert "not on the GPU" not in "".join(message(graded, outcome.name) for outcome in graded.outcomes)
        assert [outcome for outcome in graded.outcomes if outcome.verdict == "passed"]
