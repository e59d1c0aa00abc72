"""Scores can't be forged: what attacks earn in the engine, and that they succeed where a decision is missing.

Each file in judge/ is a submission with a dishonest function, and says in literals what its honest part EARNS, what it
is STOPPED_BY, and which grader without that decision it FOOLS. "nothing" marks what is known and accepted: the points
that it earns are for right values.
"""

from __future__ import annotations

import ast
import contextlib
import json
import runpy
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task
from autograder.grading.scoring import score_questions, total
from tests.attacks.rig import NAIVE, RIGGED, Attack, Rig, passed_by
from tests.conftest import GOOD, TINY

HERE = Path(__file__).resolve().parent
ASSIGNMENTS = {"tiny": load_assignment(TINY), "mixed": load_assignment(HERE / "course" / "assignments" / "mixed")}
SEED = 20_261  # not the one that students have at home
JUDGING = 10.0  # seconds that a judge may need beside the probes, on a busy machine


def literals(path: Path) -> dict[str, str]:
    """The literal constants of an attack, and its docstring, read without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    makes = any(isinstance(node, ast.FunctionDef) and node.name == "submission" for node in tree.body)
    found = {"doc": ast.get_docstring(tree) or "", "ASSIGNMENT": "tiny", "SUFFIX": ".py", "MAKES": "yes" * makes}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
    return found


# What stops an attack, by the word in its STOPPED_BY.
DECISIONS = {
    "process boundary": "tests, answers and the judge's code are in another process, whose memory is never shared",
    "plain values": "objects of any other type are refused by the exact type, and none of their code runs in the judge",
    "points rest on values": "what the submission's process says of itself earns nothing",
    "copies": "a probe gets copies; the judge computes with its own",
    "strict comparison": "shapes are equal, NaN and infinities are refused, tolerances are those of the expected value",
    "request ids": "an answer carries the unpredictable id of its request",
    "clock of the judge": "one absolute deadline for each probe, enforced from outside",
    "bounds": "sizes, depths and counts are checked before anything is allocated, and messages are short",
    "fail closed": "leaving, skipping, raising and malformed answers fail the test; none is an error of the grader",
    "a worker each": "each submission has a process of its own, which goes with all that descends from it",
    "plain text": "text is cut and cleaned before anyone sees it",
    "seed of the run": "the inputs of a grading run are not those that students have at home",
    "bans at run time": "what is forbidden is switched off in the process, not looked for in the text",
    "nothing": "known and accepted: the points that it earns are for right values",
}
FILES = {path.stem: path for path in sorted((HERE / "judge").glob("*.py"))}
SAYS = {name: literals(path) for name, path in FILES.items()}


def placed(name: str, folder: Path) -> Attack:
    """An attack as a submission in a folder of its own."""
    says = SAYS[name]
    data = runpy.run_path(str(FILES[name]))["submission"]() if says["MAKES"] else FILES[name].read_bytes()
    return written(name, data, folder, says["ASSIGNMENT"], Decimal(says["EARNS"]), says["SUFFIX"])


def written(
    name: str, data: bytes, folder: Path, assignment: str, earns: Decimal = Decimal(0), suffix: str = ".py"
) -> Attack:
    folder.mkdir()
    file = f"{ASSIGNMENTS[assignment].module}{suffix}"
    (folder / file).write_bytes(data)
    return Attack(name, ASSIGNMENTS[assignment], earns, folder, file)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig() as rig:
        yield rig


def problems_with(name: str, graded: Graded, score: Decimal) -> Iterator[str]:
    """What is not as it must be after an attack."""
    says = SAYS[name]
    if graded.error is not None:
        yield f"not graded: {graded.error}"
    if score != Decimal(says["EARNS"]):
        yield f"earned {score}, not {says['EARNS']}"
    if graded.seconds.get("judging", 0.0) > JUDGING:
        yield f"kept the judge busy for {graded.seconds['judging']:.1f} s"
    told = "\n".join(f"{outcome.message}\n{outcome.output}" for outcome in graded.outcomes)
    if "GOAL" in told or "\x1b" in told:
        yield "reached its goal"
    if says.get("SAID", "") not in told:
        yield f"no message says {says['SAID']!r}"


def score_of(engine: Engine, graded: Graded) -> Decimal:
    passed = frozenset(outcome.name for outcome in graded.outcomes if outcome.verdict == "passed")
    return total(score_questions(engine.assignment, engine.tests, passed))


def test_every_attack_says_what_it_is():
    assert len(FILES) >= 60
    for name, says in SAYS.items():
        assert says["doc"], name
        assert Decimal(says["EARNS"]) <= ASSIGNMENTS[says["ASSIGNMENT"]].points
        assert says["STOPPED_BY"].partition(":")[0] in DECISIONS, name
        assert (says["FOOLS"] == "") == says["STOPPED_BY"].startswith("nothing"), name
        assert says["FOOLS"] in {"", *NAIVE, *RIGGED}, name


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_attacks_earn_what_their_honest_parts_earn(assignment, tmp_path):
    """In one engine, two at a time; one test, so that parallel test runs start it once."""
    names = [name for name in FILES if SAYS[name]["ASSIGNMENT"] == assignment]
    tasks = [Task(name, (attack := placed(name, tmp_path / name)).folder, attack.file) for name in names]
    with Engine(ASSIGNMENTS[assignment], jobs=2, device="cpu", seed=SEED) as engine:
        graded = {each.key: each for each in engine.grade(tasks)}
        problems = {name: list(problems_with(name, graded[name], score_of(engine, graded[name]))) for name in names}
    assert {name: found for name, found in problems.items() if found} == {}


# Wrong in every function, and honest about it.
WRONG = {
    "tiny": "def double(x):\n    return x\ndef halve(x):\n    return x\n",
    "mixed": """
import torch
def cube_backward(x, upstream): return x
def scale_(x, factor): return x
def scaled(x, factor): return x
def fit_predict(x, labels, x_test): return torch.zeros(len(x_test), dtype=torch.int64)
def count(words): return {}
def join(words): return "".join(words)
def lengths(words): return [0]
def noise(seed, count): return torch.rand(count)
""",
}
USED = sorted({(says["FOOLS"], says["ASSIGNMENT"]) for says in SAYS.values() if says["FOOLS"]})


def wrong(assignment: str, folder: Path, *, notebook: bool) -> Attack:
    source = WRONG[assignment]
    if notebook:
        source = json.dumps({"cells": [{"cell_type": "code", "source": source}]})
    return written("wrong", source.encode(), folder, assignment, suffix=".ipynb" if notebook else ".py")


@pytest.mark.parametrize(("grader", "assignment"), [pair for pair in USED if pair[0] in NAIVE])
def test_a_wrong_submission_fools_no_naive_grader(grader, assignment, tmp_path):
    assert not NAIVE[grader](wrong(assignment, tmp_path / "wrong", notebook=grader == "cells"))


def test_the_rig_judges_as_the_engine_does(rig, tmp_path):
    good = written("good", GOOD.encode(), tmp_path / "good", "tiny")
    assert len(passed_by(rig.judge(good, contextlib.nullcontext()))) == 5
    attack = placed("walks_frames", tmp_path / "attack")
    assert passed_by(rig.judge(attack, contextlib.nullcontext())) == {"test_halve", "test_halve_refuses_text"}


@pytest.mark.parametrize(("grader", "assignment"), [pair for pair in USED if pair[0] in RIGGED])
def test_a_wrong_submission_fools_no_weakened_judge(rig, grader, assignment, tmp_path):
    assert not RIGGED[grader](rig, wrong(assignment, tmp_path / "wrong", notebook=False))


@pytest.mark.parametrize("name", [name for name in FILES if SAYS[name]["FOOLS"] in NAIVE])
def test_attack_fools_a_naive_grader(name, tmp_path):
    assert NAIVE[SAYS[name]["FOOLS"]](placed(name, tmp_path / name))


@pytest.mark.parametrize("name", [name for name in FILES if SAYS[name]["FOOLS"] in RIGGED])
def test_attack_fools_our_judge_without_the_decision(rig, name, tmp_path):
    assert RIGGED[SAYS[name]["FOOLS"]](rig, placed(name, tmp_path / name))
