"""Bars: the median of several trials, one second look near the bar, and where the bar comes from."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from autograder.core.assignment import Assignment, BarRule, load_assignment
from autograder.core.bars import Bar, Bars, read_bars, students_bars
from autograder.core.draw import Draw
from autograder.core.engine import Engine
from autograder.errors import AssignmentError, CalibrationError, CheckFailure, TestDefect


def draws():
    return (Draw.for_test(0, f"trial {number}") for number in itertools.count())


def judge(bar: float | None, scores: list[float], *, within: float = 0.0, trials: int | None = None) -> list[float]:
    """Which scores were asked for."""
    seen: list[float] = []
    coming = iter(scores)
    rule = BarRule("accuracy", "test_x", trials=3, regrade_within=within)
    Bar(rule, bar, draws(), seen.append).judge(lambda draw: next(coming), what="accuracy", trials=trials)
    return seen


def test_the_median_is_judged():
    assert judge(0.9, [0.1, 0.9, 0.95]) == [0.1, 0.9, 0.95]
    with pytest.raises(CheckFailure):
        judge(0.9, [0.1, 0.89, 1.0])


def test_fewer_trials_on_demand():
    assert judge(0.9, [0.9, 0.0], trials=1) == [0.9]


def test_who_misses_by_noise_gets_as_many_trials_again_and_only_once():
    assert len(judge(0.9, [0.89, 0.89, 0.89, 0.93, 0.92, 0.92], within=0.01)) == 6
    with pytest.raises(CheckFailure, match="median of 6"):
        judge(0.9, [0.895] * 6 + [1.0] * 6, within=0.01)


@pytest.mark.parametrize("median", [0.88, 0.9])
def test_no_second_look_outside_of_the_noise(median):
    scores = [median] * 3
    if median < 0.9:
        with pytest.raises(CheckFailure, match="median of 3"):
            judge(0.9, [*scores, *[1.0] * 3], within=0.01)
    else:
        assert judge(0.9, scores, within=0.01) == scores


def test_each_trial_draws_for_itself():
    drawn = []
    bar = Bar(BarRule("accuracy", "test_x"), 0.0, draws(), lambda score: None)
    bar.judge(lambda draw: drawn.append(draw.seed()) or 1.0, what="accuracy")
    assert len(set(drawn)) == 3


def test_what_is_no_number_fails():
    with pytest.raises(CheckFailure, match="came out as nan"):
        judge(0.9, [float("nan")] * 3)


def test_without_a_calibration_the_test_is_at_fault_after_measuring():
    seen: list[float] = []
    bar = Bar(BarRule("accuracy", "test_x"), None, draws(), seen.append)
    with pytest.raises(TestDefect, match="autograder calibrate"):
        bar.judge(lambda draw: 0.5, what="accuracy")
    assert seen == [0.5] * 3


def entry(**changes: object) -> dict[str, object]:
    return {"name": "accuracy", "data": "digits", "device": "cpu", "bar": 0.9, "more": "ignored"} | changes


def course(tmp_path: Path, *entries: dict[str, object]) -> Assignment:
    (tmp_path / "assignment.toml").write_text('points = 1\n[[bar]]\nname = "accuracy"\ntest = "test_x"\n')
    (tmp_path / "calibration.json").write_text(json.dumps({"bars": entries}))
    return load_assignment(tmp_path)


def bar_of(assignment: Assignment, data: str, device: str) -> float | None:
    return Bars(assignment, data, device, draws())["accuracy"]._bar


def test_the_bar_is_that_of_the_data_and_of_the_device_where_there_is_one(tmp_path):
    known = course(tmp_path, entry(), entry(device="cuda", bar=0.8), entry(data="mnist", bar=0.95))
    assert bar_of(known, "digits", "cpu") == 0.9
    assert bar_of(known, "digits", "cuda") == 0.8
    assert bar_of(known, "mnist", "cuda") == 0.95
    assert bar_of(known, "/data/mnist.txt", "cpu") == 0.95
    assert bar_of(known, "sst", "cpu") is None


def test_students_receive_the_bars_alone(tmp_path):
    known = course(tmp_path, entry(right={"solution": [0.93]}))
    text = students_bars(known.folder)
    assert text is not None
    assert "solution" not in text
    (tmp_path / "calibration.json").unlink()
    assert students_bars(tmp_path) is None
    (tmp_path / "bars.json").write_text(text)
    assert bar_of(known, "digits", "cpu") == 0.9


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"bars": [{}]}', '{"bars": [{"name": 1, "data": 2, "device": 3, "bar": "x"}]}']
)
def test_a_broken_calibration_is_one_line(tmp_path, text):
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(CalibrationError, match=r"calibration\.json"):
        read_bars(tmp_path)


def test_unknown_bars_and_keys_are_named(tmp_path):
    known = course(tmp_path, entry())
    with pytest.raises(TestDefect, match="nonsense"):
        Bars(known, "digits", "cpu", draws())["nonsense"]
    (tmp_path / "assignment.toml").write_text('points = 1\n[[bar]]\nname = "a"\ntest = "t"\ntrails = 3\n')
    with pytest.raises(AssignmentError, match="trails"):
        load_assignment(tmp_path)


REFUSED_AND_NOT = (("digits", None), ("movies", 0.5))

COURSE = {
    "assignment.toml": """
title = "Coin"
module = "coin"
points = 3
data = ["movies"]
[[bar]]
name = "accuracy"
test = "test_heads"
trials = 2
[[question]]
name = "heads"
title = "Heads"
""",
    "test_coin.py": '''
from autograder import points

@points(2, question="heads")
def test_heads(submission, bars, dataset):
    """Heads."""
    assert dataset == "movies"
    bars["accuracy"].judge(lambda draw: submission.call("heads", draw.seed()), what="share of heads")

@points(1, question="heads")
def test_other(submission):
    """Another one."""
    assert submission.call("heads", 1) > 0
''',
}


def test_data_without_a_bar_is_used_only_when_asked_for(tmp_path):
    """A grader who has full MNIST, but no bar for it, grades by the digits."""
    folder = tmp_path / "coin"
    folder.mkdir()
    for name, text in COURSE.items():
        (folder / name).write_text(text.replace('data = ["movies"]', 'data = ["digits", "movies"]'))
    assignment = load_assignment(folder)

    def data_in_use(asked: str | None) -> str:
        with Engine(assignment, device="cpu", data=asked) as engine:
            return engine.data

    assert data_in_use(None) == "digits"  # nothing is calibrated: the first that is here
    bars = [{"name": "accuracy", "data": name, "device": "cpu", "bar": bar} for name, bar in REFUSED_AND_NOT]
    (folder / "calibration.json").write_text(json.dumps({"bars": bars}))
    assert data_in_use(None) == "movies"
    assert data_in_use("digits") == "digits"


def test_what_is_measured_leaves_the_engine_and_tests_can_be_chosen(tmp_path, grade):
    folder = tmp_path / "coin"
    folder.mkdir()
    for name, text in COURSE.items():
        (folder / name).write_text(text)
    bars = [{"name": "accuracy", "data": "movies", "device": "cpu", "bar": 0.5}]
    (folder / "calibration.json").write_text(json.dumps({"bars": bars}))
    assignment = load_assignment(folder)
    source = "def heads(seed):\n    return {score}\n"
    sources = {"right": source.format(score=0.75), "wrong": source.format(score=0.25)}
    graded = grade(sources, assignment=assignment, only_tests=["test_heads"])
    assert [outcome.verdict for outcome in graded["right"].outcomes] == ["passed"]
    assert [outcome.verdict for outcome in graded["wrong"].outcomes] == ["failed"]
    assert graded["right"].outcomes[0].measured == {"accuracy": [0.75, 0.75]}
    assert "does not reach the bar" in graded["wrong"].outcomes[0].message
