"""``autograder calibrate``: what is measured, what follows from it, what is kept, and what is no longer true."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest

from autograder.calibration import cli as calibration_cli
from autograder.calibration import measure
from autograder.calibration.plot import draw_plot
from autograder.calibration.record import SCHEMA, read_entries, write_entry
from autograder.calibration.statistics import (
    LIMIT,
    assess,
    chance_of_failing,
    chance_of_passing,
    least_seeds,
    percent,
    propose,
    upper_bound,
)
from autograder.calibration.subjects import code_hash
from autograder.calibration.support import unsupported
from autograder.cli import main
from autograder.core.assignment import Assignment, BarRule, find_assignment
from autograder.core.bars import Bar, read_bars
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task, TestOutcome
from autograder.errors import CheckFailure
from tests.conftest import ROOT

COURSE = ROOT / "tests" / "course"
TEST = "test_train_reaches_the_bar"
TRIALS = 9


class FakeEngine:
    """Trains in this process, at once; the judge's half is left out, as calibration leaves it out."""

    trained: list[tuple[str, int]]  # source and seed of all that was asked for
    stop_after = math.inf
    verdict = "error"  # what the judge says where there is no bar
    short_of = 0  # numbers that the test fails to measure
    device, data, versions = "cpu", "", {"python": "3", "torch": "2"}

    def __init__(self, assignment: Assignment, *, seed: int, jobs: int, only_tests: list[str], **options: object):
        assert only_tests == [TEST]
        self.assignment, self.seed, self.jobs = assignment, seed, jobs

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, tasks: Iterator[Task]) -> Iterator[Graded]:
        for task in tasks:
            if len(self.trained) >= self.stop_after:
                raise KeyboardInterrupt
            source = (task.folder / task.file).read_text()
            self.trained.append((source, self.seed))
            scores, verdict = self.train(source), self.verdict
            if len(scores) < TRIALS and not self.short_of:
                verdict = "failed"
            outcome = TestOutcome(TEST, verdict, "why", measured={"accuracy": scores})
            yield Graded(task.key, (outcome,), error=f"{TEST}: why" if verdict == "error" else None)

    def train(self, source: str) -> list[float]:
        scope: dict[str, Callable[[int], float]] = {}
        exec(source, scope)
        scores: list[float] = []
        try:
            for number in range(TRIALS - self.short_of):
                scores.append(scope["train"](100 * self.seed + number))
        except ZeroDivisionError:
            pass
        return scores


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of the course, and a fast engine."""
    shutil.copytree(COURSE, tmp_path / "course")
    monkeypatch.setattr(FakeEngine, "trained", [], raising=False)
    monkeypatch.setattr(measure, "Engine", FakeEngine)
    return tmp_path / "course"


def calibrate(course: Path, *options: str, name: str = "urn", seeds: int = 3) -> int:
    return main(["calibrate", name, "--course", str(course), "--seeds", str(seeds), *options])


def record(course: Path) -> dict:
    return json.loads((course / "assignments" / "urn" / "calibration.json").read_text())


def urn(course: Path) -> Assignment:
    return find_assignment(course, "urn")


def mutants(course: Path) -> Path:
    return course / "solutions" / "urn" / "mutants"


def write_mutant(course: Path, name: str, mean: float, test: str = TEST) -> None:
    text = f"CAUGHT_BY = ({test!r},)\n\n\ndef train(seed):\n    return random.Random(seed).gauss({mean}, 0.004)\n"
    (mutants(course) / f"{name}.py").write_text(text)


# Through the real engine


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """A course calibrated through the engine that grades, its exit code beside it."""
    course = tmp_path_factory.mktemp("calibrated") / "course"
    shutil.copytree(COURSE, course)
    assert calibrate(course, "--device", "cpu", seeds=2) == 0
    return course


def test_the_record_is_as_documented_and_the_bar_is_in_use(calibrated):
    jsonschema.validate(record(calibrated), SCHEMA)
    (entry,) = record(calibrated)["bars"]
    assert 0.88 < entry["bar"] < 0.905
    assert [known.bar for known in read_bars(urn(calibrated).folder)] == [entry["bar"]]
    assert [len(scores) for scores in entry["right"]["own_generator"]] == [TRIALS, TRIALS]
    assert set(entry["right"]) == {"solution", "own_generator"}
    assert unsupported(urn(calibrated), calibrated) == []


def test_mutants_that_other_tests_catch_are_not_trained(calibrated):
    (entry,) = record(calibrated)["bars"]
    assert set(entry["wrong"]) == {"half_trained", "breaks_now_and_then"}


def test_who_breaks_gives_no_numbers_from_there_on(calibrated):
    (entry,) = record(calibrated)["bars"]
    for scores in entry["wrong"]["breaks_now_and_then"]:
        assert None in scores
        assert set(scores[scores.index(None) :]) == {None}


def test_grading_measures_the_numbers_that_were_recorded(calibrated, tmp_path):
    solution = (calibrated / "solutions" / "urn" / "urn.py").read_text()
    (entry,) = record(calibrated)["bars"]
    for name, change in (("solution", ("", "")), ("half_trained", ("0.92, 0.004", "0.87, 0.005"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "urn.py").write_text(solution.replace(*change))
    tasks = [Task(name, tmp_path / name, "urn.py") for name in ("solution", "half_trained")]
    with Engine(urn(calibrated), seed=1, device="cpu", accept_less=True) as engine:
        graded = {result.key: result.outcomes[0] for result in engine.grade(tasks)}
    assert [graded[name].verdict for name in ("solution", "half_trained")] == ["passed", "failed"]
    for name, side in (("solution", "right"), ("half_trained", "wrong")):
        assert entry[side][name][1] == pytest.approx(graded[name].measured["accuracy"], abs=5e-6)


def test_what_lies_beside_names_no_machine_and_leaves_nothing_behind(calibrated):
    folder = urn(calibrated).folder
    names = {path.name for path in folder.iterdir()} - {"assignment.toml", "test_urn.py"}
    assert names == {"calibration.json", "calibration-accuracy.svg"}
    text = (folder / "calibration.json").read_text()
    assert str(calibrated) not in text
    assert sum('"half_trained": [[' in line for line in text.splitlines()) == 1
    assert max(len(line) for line in text.splitlines()) < 400


# What follows from numbers


@pytest.mark.parametrize("total", [3, 30, 90])
def test_no_case_in_n_bounds_as_the_power_does(total):
    assert upper_bound(0, total) == pytest.approx(1 - 0.05 ** (1 / total))
    assert upper_bound(total, total) == 1


@pytest.mark.parametrize(("count", "total"), [(1, 20), (7, 90), (45, 60)])
def test_at_the_bound_so_few_cases_have_one_chance_in_twenty(count, total):
    p = upper_bound(count, total)
    tail = sum(math.comb(total, n) * p**n * (1 - p) ** (total - n) for n in range(count + 1))
    assert tail == pytest.approx(0.05)


def test_the_median_of_three_fails_as_known():
    assert chance_of_failing(0.1, 3) == pytest.approx(3 * 0.1**2 - 2 * 0.1**3)
    assert chance_of_passing(0.1, 3, second_look=False) == chance_of_failing(0.1, 3)


def passes(scores: tuple[int, ...], bar: float, trials: int, within: float) -> bool:
    """What the judge says."""
    coming = iter(scores)
    rule = BarRule("accuracy", "test_x", trials, within)
    try:
        Bar(rule, bar, itertools.repeat(None), lambda score: None).judge(lambda draw: next(coming), what="x")  # type: ignore[arg-type]
    except CheckFailure:
        return False
    return True


@pytest.mark.parametrize("trials", [1, 2, 3, 4])
@pytest.mark.parametrize("p", [0.03, 0.4])
def test_chances_are_those_of_the_judge_at_its_worst(trials, p):
    """All outcomes of coins, judged; half a coin counts for the side that the bound is about."""
    passing = failing = 0.0
    for scores in itertools.product((0, 1), repeat=2 * trials):
        ones = sum(scores)
        chance = p**ones * (1 - p) ** (2 * trials - ones)
        passing += chance * passes(scores, 0.5, trials, within=1.0)
        failing += chance * (not passes(tuple(1 - score for score in scores), 0.75, trials, within=0.0))
    assert chance_of_passing(p, trials, second_look=True) == pytest.approx(passing)
    assert chance_of_failing(p, trials) == pytest.approx(failing)


def test_how_many_seeds_it_takes():
    rule = BarRule("accuracy", "test_x", trials=3, regrade_within=0.01)
    seeds = least_seeds(rule)
    assert chance_of_passing(upper_bound(0, 3 * seeds), 3, second_look=True) <= LIMIT
    assert chance_of_passing(upper_bound(0, 3 * (seeds - 1)), 3, second_look=True) > LIMIT
    assert 7 <= seeds <= 10


def series(middle: float, spread: float, seeds: int = 30) -> list[tuple[float, ...]]:
    return [(middle - spread, middle, middle + spread)] * seeds


def test_the_bar_lies_closer_to_those_that_vary_less():
    even = propose({"right": {"a": series(0.9, 0.02)}, "wrong": {"b": series(0.7, 0.02)}})
    assert even == pytest.approx(0.8)
    tilted = propose({"right": {"a": series(0.9, 0.02)}, "wrong": {"b": series(0.7, 0.08)}})
    assert tilted is not None
    assert 0.805 < tilted < 0.82


def test_a_side_that_hardly_varies_does_not_pull_the_bar_close():
    bar = propose({"right": {"a": series(1.0, 0.0)}, "wrong": {"b": series(0.5, 0.0)}})
    assert bar == pytest.approx(0.75)


def test_the_hardest_pair_sets_the_bar_in_any_order():
    right = {"a": series(0.95, 0.01), "b": series(0.92, 0.01)}
    wrong = {"c": series(0.3, 0.05), "d": series(0.86, 0.01), "broken": [(None, None, None)] * 30}
    assert propose({"right": right, "wrong": wrong}) == pytest.approx(0.89)
    turned = {side: dict(reversed(group.items())) for side, group in (("right", right), ("wrong", wrong))}
    assert propose({"right": turned["right"], "wrong": turned["wrong"]}) == pytest.approx(0.89)
    assert propose({"right": right, "wrong": {"broken": wrong["broken"]}}) is None


RULE = BarRule("accuracy", "test_x", trials=3, regrade_within=0.01)


def test_one_bad_training_in_ninety_is_no_problem():
    outlier = [(0.5, 0.92, 0.93), *series(0.92, 0.004, 29)]
    found = assess(RULE, {"right": {"solution": outlier}, "wrong": {"m": series(0.8, 0.01)}}, 0.86)
    assert found.problems == ()
    chance = found.chances["right"]["solution"]
    assert (chance.trainings, chance.medians) == (1, 0)
    assert chance.estimate < chance.at_most < 0.01


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            [(0.5, 0.92, 0.93), *series(0.92, 0.004, 29)],
            series(0.8, 0.01),
            "solution does miss a bar of 0.860 in 1 of 90",
        ),
        (
            series(0.92, 0.004),
            [(0.87, 0.8, 0.8), *series(0.8, 0.004, 29)],
            "mutant m does reach a bar of 0.860 in 1 of 90",
        ),
    ],
)
def test_one_bad_training_is_told_where_a_test_judges_by_one(right, wrong, said):
    rule = replace(RULE, once="test_once")
    (problem,) = assess(rule, {"right": {"solution": right}, "wrong": {"m": wrong}}, 0.86).problems
    assert problem == f"{said} trainings, and test_once judges by one"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (series(0.86, 0.01), series(0.8, 0.01), "variant v may miss a bar of 0.860"),
        (series(0.92, 0.01), series(0.86, 0.01), "mutant m may reach a bar of 0.860"),
        ([(None, 0.92, 0.93), *series(0.92, 0.01, 29)], series(0.8, 0.01), "variant v gave no number in 1 of 90"),
    ],
)
def test_who_overlaps_is_named(right, wrong, said):
    numbers = {"right": {"solution": series(0.95, 0.01), "v": right}, "wrong": {"m": wrong}}
    (problem,) = assess(RULE, numbers, 0.86).problems
    assert problem.startswith(said)


def test_percents_are_rounded_up():
    assert [percent(share) for share in (0.0, 0.00001, 0.05, 0.0501, 1.0)] == [
        "0.0 %",
        "0.1 %",
        "5.0 %",
        "5.1 %",
        "100.0 %",
    ]


# What is refused


def test_a_bar_that_separates_nothing_is_reported_and_not_used(course, capsys):
    write_mutant(course, "as_good_as_right", 0.919)
    assert calibrate(course) == 1
    shown = capsys.readouterr().out
    assert "mutant as_good_as_right may reach a bar" in shown
    assert "no test uses it" in shown
    (entry,) = record(course)["bars"]
    jsonschema.validate(record(course), SCHEMA)
    assert entry["bar"] is None
    assert read_bars(urn(course).folder)[0].bar is None
    assert any("was refused" in reason for reason in unsupported(urn(course), course))


def test_too_few_seeds_say_how_many_it_takes(course, capsys):
    assert calibrate(course, seeds=1) == 1
    assert "1 seed can't show that a chance is below 5 %, whatever comes out; it takes 2" in capsys.readouterr().out
    assert record(course)["bars"][0]["bar"] is None


def test_wrong_ones_without_any_number_leave_the_bar_open(course, capsys):
    (mutants(course) / "half_trained.py").unlink()
    assert calibrate(course) == 1
    assert "nothing says where the bar may be" in capsys.readouterr().out


def add_toml(course: Path, old: str, new: str) -> None:
    path = course / "assignments" / "urn" / "assignment.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "tiny"}, "no [[bar]]; there are: none"),
        ({"name": "nowhere"}, "there are: tiny, urn"),
        ({"options": ["--bar", "loss"]}, "no [[bar]] named 'loss'; there are: accuracy"),
    ],
)
def test_wrong_use_is_one_line(course, capsys, options, said):
    assert calibrate(course, *options.pop("options", []), **options) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_bar_that_no_mutant_names_has_nothing_to_separate(course, capsys):
    shutil.rmtree(mutants(course))
    assert calibrate(course) == 2
    assert f"none names {TEST} in its CAUGHT_BY" in capsys.readouterr().err


def test_a_test_that_measures_too_little_is_at_fault(course, capsys, monkeypatch):
    monkeypatch.setattr(FakeEngine, "short_of", 1)
    assert calibrate(course) == 2
    assert "solution, seed 0: not the 9 trainings of the bar 'accuracy'" in capsys.readouterr().err


def test_missing_packages_are_said_before_anything_is_trained(course, capsys, monkeypatch):
    monkeypatch.setattr(calibration_cli, "find_spec", lambda name: None if name == "scipy" else find_spec(name))
    assert calibrate(course) == 2
    assert "calibrating needs scipy: pip install 'autograder[calibrate]'" in capsys.readouterr().err
    assert FakeEngine.trained == []


# What is kept


def comparable(course: Path) -> object:
    return [{**entry, "date": ""} for entry in record(course)["bars"]]


def journal(course: Path) -> list[Path]:
    return list((course / "assignments" / "urn").glob(".calibration-*"))


def test_a_stopped_run_goes_on_and_ends_as_if_never_stopped(course, capsys, monkeypatch):
    assert calibrate(course) == 0
    whole = comparable(course)
    everything = FakeEngine.trained.copy()
    assert len(everything) == 4 * 3
    (course / "assignments" / "urn" / "calibration.json").unlink()
    FakeEngine.trained.clear()
    monkeypatch.setattr(FakeEngine, "stop_after", 5)
    assert calibrate(course) == 130
    assert capsys.readouterr().err.endswith("the same command goes on from there\n")
    assert not (course / "assignments" / "urn" / "calibration.json").exists()
    assert [path.name for path in journal(course)] == [".calibration-accuracy-cpu.jsonl"]
    monkeypatch.setattr(FakeEngine, "stop_after", math.inf)
    assert calibrate(course) == 0
    assert "5 of 12 are known from before" in capsys.readouterr().out
    assert sorted(FakeEngine.trained) == sorted(everything)
    assert comparable(course) == whole
    assert journal(course) == []


def test_half_a_line_is_measured_again(course, monkeypatch):
    monkeypatch.setattr(FakeEngine, "stop_after", 5)
    assert calibrate(course) == 130
    (path,) = journal(course)
    path.write_text(path.read_text()[:-20])
    FakeEngine.trained.clear()
    monkeypatch.setattr(FakeEngine, "stop_after", 1)
    assert calibrate(course) == 130
    monkeypatch.setattr(FakeEngine, "stop_after", math.inf)
    assert calibrate(course) == 0
    assert len(FakeEngine.trained) == 12 - 4


@pytest.mark.parametrize("before", ["stopped", "finished"])
@pytest.mark.parametrize(
    ("change", "again"),
    [("nothing", 0), ("comment", 0), ("mutant", 3), ("solution", 3), ("test", 12), ("versions", 12)],
)
def test_what_has_changed_is_trained_again_and_no_more(course, monkeypatch, before, change, again):
    if before == "stopped":
        monkeypatch.setattr(FakeEngine, "stop_after", 12)
        write_mutant(course, "the_last", 0.8)  # it is where the run stops; another one will not be there
        assert calibrate(course) == 130
        (mutants(course) / "the_last.py").unlink()
        done = len(set(FakeEngine.trained))
        assert done == 12
        left = 2  # of the 12 of this class, the last seed's; the other class had 5 a seed
    else:
        assert calibrate(course) == 0
        left = 0
    changed = {
        "comment": (
            mutants(course) / "half_trained.py",
            '"""Wrong: stops halfway."""',
            '"""Another text."""\n# and more',
        ),
        "mutant": (mutants(course) / "half_trained.py", "0.87", "0.86"),
        "solution": (course / "solutions" / "urn" / "urn.py", "0.92", "0.921"),
        "test": (course / "assignments" / "urn" / "test_urn.py", "white balls", "black balls"),
    }
    if change in changed:
        path, old, new = changed[change]
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    if change == "versions":
        monkeypatch.setattr(FakeEngine, "versions", {"python": "3", "torch": "3"})
    FakeEngine.trained.clear()
    monkeypatch.setattr(FakeEngine, "stop_after", math.inf)
    assert calibrate(course) == 0
    assert max(0, again - left) <= len(FakeEngine.trained) <= min(12, again + left)


def test_more_seeds_train_only_what_is_new(course):
    assert calibrate(course, seeds=2) == 0
    FakeEngine.trained.clear()
    assert calibrate(course, seeds=4) == 0
    assert {seed for _, seed in FakeEngine.trained} == {2, 3}
    assert record(course)["bars"][0]["seeds"] == 4


def test_calibrations_of_other_data_and_devices_stay(course):
    assert calibrate(course) == 0
    (entry,) = read_entries(urn(course).folder)
    write_entry(urn(course), replace(entry, device="cuda", bar=0.5))
    write_entry(urn(course), replace(entry, data="mnist", bar=0.6))
    write_entry(urn(course), replace(entry, bar=0.7))
    found = {(known.data, known.device): known.bar for known in read_bars(urn(course).folder)}
    assert found == {("", "cpu"): 0.7, ("", "cuda"): 0.5, ("mnist", "cpu"): 0.6}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"bars": []}', '{"schema": 2, "bars": []}', '{"schema": 1, "bars": [{}]}']
)
def test_what_is_no_record_is_not_overwritten(course, capsys, text):
    path = course / "assignments" / "urn" / "calibration.json"
    path.write_text(text)
    assert calibrate(course) == 2
    assert "calibration.json: not a calibration" in capsys.readouterr().err
    assert path.read_text() == text
    (reason,) = unsupported(urn(course), course)
    assert "not a calibration" in reason


# What is no longer supported


def edit(course: Path, change: Callable[[dict], object]) -> None:
    path = course / "assignments" / "urn" / "calibration.json"
    raw = json.loads(path.read_text())
    change(raw["bars"][0])
    path.write_text(json.dumps(raw))


def lowered(entry: dict) -> None:
    entry["right"]["solution"] = [[0.85] * TRIALS] * 3


def raised(entry: dict) -> None:
    entry["wrong"]["half_trained"] = [[0.95] * TRIALS] * 3


def thinned(entry: dict) -> None:
    entry["seeds"] = 1
    for side in ("right", "wrong"):
        entry[side] = {name: scores[:1] for name, scores in entry[side].items()}


def doubtful(entry: dict) -> None:
    entry["chance"]["passing"]["half_trained"]["at_most"] = 0.0


def forgotten(entry: dict) -> None:
    for group in (entry["wrong"], entry["sources"]["wrong"], entry["chance"]["passing"]):
        del group["half_trained"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lowered, "solution may miss a bar"),
        (raised, "mutant half_trained may reach a bar"),
        (lambda entry: entry.update(bar=0.95), "variant own_generator may miss a bar of 0.950"),
        (lambda entry: entry.update(bar=0.80), "mutant half_trained may reach a bar of 0.800"),
        (lambda entry: entry.update(bar=None), "is not used"),
        (thinned, "1 seed can't show"),
        (doubtful, "recorded chances are not those"),
        (forgotten, "mutant half_trained was never measured"),
        (lambda entry: entry["right"]["solution"].pop(), "not a calibration"),
        (lambda entry: entry.update(trials=5), "not a calibration"),
        (lambda entry: entry.update(name="loss"), "no [[bar]] named 'loss'"),
        (lambda entry: entry.update(name="loss"), "accuracy: no calibration"),
        (lambda entry: entry.update(data="mnist"), "accuracy: no calibration"),
    ],
)
def test_a_weakened_record_supports_nothing(course, change, said):
    assert calibrate(course) == 0
    assert unsupported(urn(course), course) == []
    edit(course, change)
    assert any(said in reason for reason in unsupported(urn(course), course))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: add_toml(c, "trials = 9", "trials = 5"), "has changed since it was measured"),
        (lambda c: add_toml(c, "regrade_within = 0.005", "regrade_within = 0.02"), "has changed since"),
        (lambda c: write_mutant(c, "new", 0.8), "mutant new was never measured"),
        (lambda c: (mutants(c) / "half_trained.py").unlink(), "mutant half_trained was measured, but is no longer"),
        (lambda c: write_mutant(c, "half_trained", 0.86), "mutant half_trained was changed"),
        (lambda c: shutil.copy(mutants(c) / "half_trained.py", mutants(c).parent / "variants"), "variant half_trained"),
        (lambda c: (c / "assignments" / "urn" / "calibration.json").unlink(), "accuracy: no calibration"),
    ],
)
def test_a_changed_course_needs_a_new_calibration(course, change, said):
    assert calibrate(course) == 0
    change(course)
    assert any(said in reason for reason in unsupported(urn(course), course))


def test_what_no_number_depends_on_may_change(course):
    assert calibrate(course) == 0
    write_mutant(course, "for_another_test", 0.95, test="test_train_repeats")
    solution = course / "solutions" / "urn" / "urn.py"
    solution.write_text(solution.read_text().replace('"""A number', '# a remark\n    """Another number'))
    add_toml(course, 'title = "Urn"', 'title = "The urn"')
    assert unsupported(urn(course), course) == []


def test_the_hash_of_code_is_the_same_on_every_python():
    source = """
@cached
class A(B, metaclass=M):
    'Text.'

    x: int = u"\N{GRINNING FACE}"

    def f(self, *args, y=None, **rest):  # why
        'Text.'
        return f"{args!r:>{y}} {1.5}", {**rest}, b"x"
"""
    assert code_hash(source) == "8eb6026b85cdc386"


def test_the_hash_of_code_sees_code_alone():
    base = "def f(x):\n    return x + 1\n"
    assert code_hash('"""Doc."""\n# why\ndef f(x):\n    """Doc."""\n    return (x\n            + 1)\n') == code_hash(
        base
    )
    others = ["def f(x):\n    return x + 2\n", "def f(x):\n    return x + True\n", "def f(y):\n    return y + 1\n"]
    others += [
        "async def f(x):\n    return x + 1\n",
        "def f(x):\n    return x + 1.0\n",
        "def f(x, *, z):\n    return x + 1\n",
    ]
    assert len({code_hash(source) for source in [base, *others]}) == 1 + len(others)


# The picture


def test_the_picture_is_the_same_each_time_and_names_everyone(course, tmp_path):
    assert calibrate(course) == 0
    (entry,) = read_entries(urn(course).folder)
    bar = entry.bar
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for path in (first, second):
        draw_plot(path, "Urn", entry, assess(urn(course).bars[0], entry.numbers, bar), bar)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() == (urn(course).folder / "calibration-accuracy.svg").read_bytes()
    texts = [element.text for element in ElementTree.parse(first).iter() if element.tag.endswith("text")]
    assert {"solution", "variant own_generator", "mutant half_trained", "mutant breaks_now_and_then"} <= set(texts)
    assert "Urn: accuracy (cpu)" in texts
    assert any(text and text.startswith(f"Bar {bar:.3f}") for text in texts)
    assert sum(bool(text and text.startswith("fails ≤")) for text in texts) == 2
    assert sum(bool(text and text.startswith("passes ≤")) for text in texts) == 2


def test_a_refused_bar_is_drawn_as_such(course):
    write_mutant(course, "as_good_as_right", 0.919)
    assert calibrate(course) == 1
    assert ", refused;" in (urn(course).folder / "calibration-accuracy.svg").read_text()


def test_without_a_bar_there_still_is_a_picture(course):
    (mutants(course) / "half_trained.py").unlink()
    assert calibrate(course) == 1
    shown = (urn(course).folder / "calibration-accuracy.svg").read_text()
    assert "No bar" in shown
    assert "mutant breaks_now_and_then" in shown


def test_wrong_ones_that_never_gave_a_number_are_counted_and_not_drawn(course, capsys):
    text = (mutants(course) / "breaks_now_and_then.py").read_text()
    (mutants(course) / "breaks_at_once.py").write_text(text.replace("if seed % 4:", "if True:"))
    assert calibrate(course) == 0
    assert "mutants that never gave a number: breaks_at_once\n" in capsys.readouterr().out
    shown = (urn(course).folder / "calibration-accuracy.svg").read_text()
    assert "Not drawn: 1 wrong that never gave a number" in shown
    assert "breaks_at_once" not in shown
    assert unsupported(urn(course), course) == []
