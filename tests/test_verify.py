"""``autograder verify``: what is graded, what is found again, what follows; weak and over-strict tests are caught."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from autograder.cli import main
from autograder.core.assignment import Assignment, find_assignment
from autograder.core.outcome import Graded, Task, TestInfo, TestOutcome
from autograder.errors import AssignmentError, AutograderError, InfrastructureError
from autograder.verify import cli, modes, mutation
from autograder.verify.answers import answers_of, chosen
from autograder.verify.as_json import SCHEMA, as_json
from autograder.verify.claims import findings_of
from autograder.verify.facts import Answer, Finding, Result, Seen, Verification
from autograder.verify.journal import Fingerprint, Journal
from autograder.verify.plan import Plan, TestSets, first_jobs
from autograder.verify.screen import Screen
from autograder.verify.session import verify
from autograder.verify.tally import tallies

# ---------------------------------------------------------------------------------------------------------------------
# What is graded
# ---------------------------------------------------------------------------------------------------------------------

QUICK, TRAINS, BAR = frozenset({"test_a", "test_b"}), frozenset({"test_train"}), frozenset({"test_bar"})
ALL = QUICK | TRAINS | BAR
SETS = TestSets(ALL, TRAINS | BAR, BAR, recorded=BAR)
UNRECORDED = replace(SETS, recorded=frozenset())
SOLUTION, STUB, VARIANT = (Answer(kind, kind, kind) for kind in ("solution", "stub", "variant"))


def mutant(name: str, *fails: str) -> Answer:
    """One of f, of which all messages in this file tell."""
    return Answer(f"mutants/{name}", "mutant", name, frozenset(fails), changed=frozenset({"f"}))


BY_A_TEST = mutant("by_a_test", "test_a", "test_train", "test_bar")
BY_TRAINING = mutant("by_training", "test_train", "test_bar")
BY_A_BAR = mutant("by_a_bar", "test_bar")
AUTOMATIC = Answer("f: `a` -> `b`", "automatic", "automatic")
ANSWERS = (SOLUTION, STUB, VARIANT, BY_A_TEST, BY_TRAINING, BY_A_BAR, AUTOMATIC)


def met_by(plan: Plan, sets: TestSets, answer: Answer) -> list[frozenset[str]]:
    """The tests that an answer meets, a set for each grading."""
    return [job.tests for job in first_jobs(plan, ANSWERS, sets) if job.answer == answer]


@pytest.mark.parametrize(
    "answer, recorded, unrecorded",
    [
        (SOLUTION, ALL, ALL),
        (STUB, ALL, ALL),
        (VARIANT, ALL - BAR, ALL),
        (BY_A_TEST, QUICK, ALL),
        (BY_TRAINING, QUICK | TRAINS, ALL),
        (BY_A_BAR, QUICK | BAR, ALL),
        (AUTOMATIC, QUICK, QUICK),
    ],
    ids=lambda value: value.name if isinstance(value, Answer) else None,
)
def test_one_seed_trains_only_for_what_nothing_else_shows(answer, recorded, unrecorded):
    """Nothing else: no quicker test that the mutant names, and no calibration."""
    assert met_by(Plan(), SETS, answer) == [recorded]
    assert met_by(Plan(), UNRECORDED, answer) == [unrecorded]


def test_one_seed_trains_a_mutant_for_one_of_the_tests_that_it_names():
    sets = TestSets(ALL | {"test_trains_too"}, TRAINS | BAR | {"test_trains_too"}, BAR, recorded=BAR)
    answers = [mutant(f"number_{number}", "test_train", "test_trains_too", "test_bar") for number in range(20)]
    met = [job.tests - QUICK for job in first_jobs(Plan(), answers, sets)]
    assert set(met) == {TRAINS, frozenset({"test_trains_too"})}
    assert met == [job.tests - QUICK for job in first_jobs(Plan(), answers, sets)]
    assert {job.tests for job in first_jobs(Plan(every_test=True), answers, sets)} == {sets.names - BAR}


def test_one_seed_leaves_what_a_calibration_shows_of_right_answers_to_it():
    sets = replace(
        SETS, names=ALL | {"test_once"}, training=TRAINS | BAR | {"test_once"}, once=frozenset({"test_once"})
    )
    assert met_by(Plan(), sets, SOLUTION) == [sets.names]
    assert met_by(Plan(), sets, VARIANT) == [ALL - BAR]
    assert met_by(Plan(seeds=2), sets, VARIANT) == [sets.names - BAR, QUICK]
    assert met_by(Plan(every_test=True), sets, VARIANT) == [sets.names - BAR]


def test_more_seeds_train_on_the_first_of_them():
    plan = Plan(seeds=3, trained=2, first=10)
    assert met_by(plan, SETS, SOLUTION) == [ALL, ALL - BAR, QUICK]
    for answer in (VARIANT, BY_A_TEST, BY_TRAINING):
        assert met_by(plan, SETS, answer) == [ALL - BAR, ALL - BAR, QUICK]
        assert met_by(plan, UNRECORDED, answer) == [ALL, ALL, QUICK]
    assert met_by(plan, SETS, BY_A_BAR) == [QUICK] * 3
    assert met_by(plan, UNRECORDED, BY_A_BAR) == [ALL, ALL, QUICK]
    assert met_by(plan, SETS, AUTOMATIC) == [QUICK]
    assert {job.seed for job in first_jobs(plan, ANSWERS, SETS)} == {10, 11, 12}


def test_without_training_who_only_training_catches_is_left_out():
    plan = Plan(trained=0)
    graded = {job.answer.name: job.tests for job in first_jobs(plan, ANSWERS, SETS)}
    assert graded == {answer.name: QUICK for answer in (SOLUTION, STUB, VARIANT, BY_A_TEST, AUTOMATIC)}


def test_flakes_are_looked_for_among_right_answers_and_tests_that_do_not_train():
    jobs = first_jobs(Plan(flake=20), ANSWERS, SETS)
    beyond = [job for job in jobs if job.seed > 0]
    assert {job.answer.name for job in beyond} == {"solution", "variant"}
    assert {job.tests for job in beyond} == {QUICK}
    assert {job.seed for job in beyond} == set(range(1, 20))


def test_only_names_kinds_and_answers():
    assert chosen(ANSWERS, ["mutants"]) == [BY_A_TEST, BY_TRAINING, BY_A_BAR]
    assert chosen(ANSWERS, ["mutants/by_a_*", "solution"]) == [SOLUTION, BY_A_TEST, BY_A_BAR]
    assert chosen(ANSWERS, ["automatic/f:*"]) == chosen(ANSWERS, ["automatic"]) == [AUTOMATIC]
    with pytest.raises(AssignmentError, match="--only mutants/none: names no answer"):
        chosen(ANSWERS, ["solution", "mutants/none"])


# ---------------------------------------------------------------------------------------------------------------------
# A session, with an engine that does what sources say
# ---------------------------------------------------------------------------------------------------------------------

TESTS = (
    TestInfo("test_a", "first", Decimal(2), False, "A."),
    TestInfo("test_b", "first", Decimal(3), True, "B."),
    TestInfo("test_train", "train", Decimal(2), False, "Trains."),
    TestInfo("test_bar", "train", Decimal(3), True, "Trains well."),
)
TOML = """\
title = "Tiny"
points = 10

[[bar]]
name = "accuracy"
test = "test_bar"

[[question]]
name = "first"
title = "First"

[[question]]
name = "train"
title = "Training"
training = true
"""
CODE = "def f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n"
WRONG = 'CAUGHT_BY = ({named},)\n\n\ndef f(x):\n    return "fails: {does}"\n'


def write_mutant(course: Path, name: str, fails: str, *, named: str = "") -> None:
    """A mutant that fails some tests; after an @ the only seed on which it does."""
    names = ", ".join(f'"{test}"' for test in (named or re.sub(r"@\d+", "", fails)).split())
    (course / "solutions" / "tiny" / "mutants" / f"{name}.py").write_text(WRONG.format(named=names, does=fails))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose tests are the engine's own."""
    home, solutions = tmp_path / "assignments" / "tiny", tmp_path / "solutions" / "tiny"
    for folder in (home, solutions / "variants", solutions / "mutants"):
        folder.mkdir(parents=True)
    (home / "assignment.toml").write_text(TOML)
    (home / "test_tiny.py").write_text('"""Tests."""\n')
    (solutions / "tiny.py").write_text(CODE)
    (solutions / "variants" / "other.py").write_text("def f(y):\n    return y\n")
    write_mutant(tmp_path, "one", "test_a test_train")
    write_mutant(tmp_path, "two", "test_b test_bar")
    return tmp_path


class FakeEngine:
    """An engine in whose hands a submission fails the tests that its text names.

    Attributes:
        graded: what was asked of all of them: source, seed and tests.
    """

    started = 0
    graded: list[tuple[str, int | None, frozenset[str]]]
    break_at: Mapping[int, BaseException] | None = None

    def __init__(self, assignment: object = None, plan: object = None):
        self.tests = TESTS
        type(self).started += 1

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, tasks: Iterable[Task]) -> Iterator[Graded]:
        for task in tasks:
            if error := (self.break_at or {}).get(len(self.graded)):
                raise error
            source = (task.folder / task.file).read_text()
            self.graded.append((source, task.seed, frozenset(task.tests)))
            if "breaks the grader" in source:
                yield Graded(task.key, error="the judge died before it finished")
                continue
            outcomes = [outcome(name, source, task.seed) for name in task.tests]
            yield Graded(task.key, tuple(outcomes), seconds={"cpu": 0.5})


def outcome(name: str, source: str, seed: int | None) -> TestOutcome:
    named = re.search(r"fails: ([^\"]*)", source)
    parts = [part.split("@") for part in named[1].split()] if named else []
    falls = any(part[0] == name and part[1:] in ([], [str(seed)]) for part in parts)
    if f"breaks: {name}" in source:
        return TestOutcome(name, "error", "TestDefect: no")
    if falls or "NotImplementedError" in source:
        return TestOutcome(name, "failed", f"f is wrong, says {name}\n  and more")
    return TestOutcome(name, "passed")


class Counter:
    """A watcher that counts."""

    def __init__(self) -> None:
        self.missing = self.known = self.done = 0

    def start(self, assignment: Assignment, answers: object) -> None:
        pass

    def expect(self, missing: int, known: int) -> None:
        self.missing, self.known = self.missing + missing, self.known + known

    def graded(self, result: Result) -> None:
        self.done += 1


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[FakeEngine]:
    monkeypatch.setattr(FakeEngine, "started", 0)
    monkeypatch.setattr(FakeEngine, "graded", [], raising=False)
    monkeypatch.setattr(FakeEngine, "break_at", None)
    return FakeEngine


def run(course: Path, plan: Plan = Plan(), *, watcher: Counter | None = None) -> Verification:  # noqa: B008 (frozen)
    tiny = find_assignment(course, "tiny")
    journal = course / "kept.jsonl"
    return verify(course, tiny, plan, watcher or Counter(), journal=journal, engine=FakeEngine)  # type: ignore[arg-type]


def broken(verification: Verification) -> list[tuple[str, str]]:
    return [(finding.kind, finding.who) for finding in verification.findings if finding.broken]


def test_answers_know_what_they_are_of(course: Path) -> None:
    answers = {answer.name: answer for answer in answers_of(course, find_assignment(course, "tiny"))}
    assert list(answers) == ["solution", "stub", "variants/other", "mutants/one", "mutants/two"]
    assert answers["mutants/one"].fails == {"test_a", "test_train"}
    assert not answers["solution"].changed
    assert answers["stub"].changed == answers["variants/other"].changed == {"f"}
    assert "NotImplementedError" in answers["stub"].source


def test_what_holds_is_graded_once(course: Path, engine: type[FakeEngine]) -> None:
    """A second run finds everything, and starts no engine."""
    first, counter = run(course), Counter()
    assert first.holds, first.findings
    assert len(engine.graded) == 5 == len({source for source, _, _ in engine.graded})
    assert first.training == {"test_train", "test_bar"}
    assert first.seconds > 0
    again = run(course, watcher=counter)
    assert (again.results, again.tests, again.findings) == (first.results, first.tests, first.findings)
    assert (counter.missing, counter.known, again.seconds, engine.started) == (0, 5, 0.0, 1)


def test_only_tests_that_an_answer_has_not_met_are_run(course: Path, engine: type[FakeEngine]) -> None:
    run(course, Plan(trained=0))
    assert {tests for _, _, tests in engine.graded} == {QUICK}
    engine.graded.clear()
    whole = run(course)
    assert whole.holds
    assert {tests for _, _, tests in engine.graded} == {TRAINS | BAR}
    assert whole.results[0].tests.keys() == ALL


def test_what_changed_is_graded_again(course: Path, engine: type[FakeEngine]) -> None:
    """A mutant alone when it changes; everything when a test does."""
    run(course)
    engine.graded.clear()
    write_mutant(course, "two", "test_b")
    run(course)
    assert ["test_b" in source for source, _, _ in engine.graded] == [True]
    engine.graded.clear()
    (course / "assignments" / "tiny" / "test_tiny.py").write_text('"""Other tests."""\n')
    run(course)
    assert len(engine.graded) == 5


@pytest.mark.parametrize("torn", [False, True], ids=["stopped", "killed while it wrote"])
def test_a_run_that_was_stopped_goes_on(course: Path, engine: type[FakeEngine], torn: bool) -> None:
    engine.break_at = {3: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        run(course)
    kept = course / "kept.jsonl"
    if torn:
        kept.write_text(kept.read_text()[:-9])
    engine.break_at = None
    counter = Counter()
    assert run(course, watcher=counter).holds
    assert counter.missing == (3 if torn else 2)
    assert run(course).seconds == 0.0


def test_two_runs_do_not_write_the_same_file(course: Path) -> None:
    fingerprint = Fingerprint(find_assignment(course, "tiny"), "")
    first = Journal(course / "kept.jsonl", fingerprint)
    with pytest.raises(AutograderError, match="another `autograder verify` is writing it"):
        Journal(course / "kept.jsonl", fingerprint)
    first.close()
    Journal(course / "kept.jsonl", fingerprint).close()


def test_a_grader_that_breaks_is_no_verdict(course: Path, engine: type[FakeEngine]) -> None:
    write_mutant(course, "two", "breaks the grader", named="test_b")
    with pytest.raises(InfrastructureError, match="mutants/two: the judge died"):
        run(course)


def test_a_test_that_broke_runs_again(course: Path, engine: type[FakeEngine]) -> None:
    """By then the test, or the machine, may have been mended."""
    path = course / "solutions" / "tiny" / "variants" / "other.py"
    path.write_text('def f(y):\n    return y if y else "breaks: test_a"\n')
    for _ in range(2):
        engine.graded.clear()
        assert broken(run(course)) == [("defect", "test_a")]
    assert [tests for _, _, tests in engine.graded] == [{"test_a"}]


def test_luck_is_told_with_its_seeds(course: Path, engine: type[FakeEngine]) -> None:
    """Of a variant that fails once, and of a mutant that is caught once."""
    unlucky = 'def f(y):\n    return y if y else "fails: test_b@17"\n'
    (course / "solutions" / "tiny" / "variants" / "unlucky.py").write_text(unlucky)
    write_mutant(course, "lucky", "test_a@1")
    found = run(course, Plan(seeds=2, trained=0, flake=20)).findings
    assert [finding.text for finding in found if finding.kind == "flake"] == [
        "fails test_b on 1 of 20 seeds (17): f is wrong, says test_b",
        "passes test_a, which it names, on 1 of 2 seeds (0)",
    ]


def test_automatic_mutants_train_when_nothing_else_sees_them(
    course: Path, engine: type[FakeEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One set of tests after the other, up to the first that fails; who is declared equivalent does not train."""
    falls = {"quick": "test_a", "training": "test_train", "bar": "test_bar", "never": ""}
    answers = [Answer(name, "automatic", f'x = "{name} fails: {tests}"\n') for name, tests in falls.items()]
    equal = Answer("equal", "automatic", "equal = 1\n", equivalent="the same in exact arithmetic")
    told = Answer("told", "automatic", 'x = "told fails: test_b"\n', equivalent="thought to be the same")
    stale = Finding("stale equivalent", "gone", "is gone", "delete it")
    monkeypatch.setattr(mutation, "automatic_answers", lambda path: ([*answers, equal, told], [stale]))
    verification = run(course, Plan(automatic=True))
    met = {result.answer: result.tests.keys() for result in verification.results}
    assert [met[name] for name in ("quick", "training", "bar", "never", "equal", "told")] == [
        QUICK,
        QUICK | TRAINS,
        ALL,
        ALL,
        QUICK,
        QUICK,
    ]
    assert broken(verification) == [
        ("survivor", "never"),
        ("not equivalent", "told"),
        ("stale equivalent", "gone"),
    ]
    assert met == {result.answer: result.tests.keys() for result in run(course, Plan(automatic=True)).results}
    trained = [tests for source, _, tests in engine.graded if "x =" in source and tests & (TRAINS | BAR)]
    assert sorted(trained, key=sorted) == [BAR, BAR, TRAINS, TRAINS, TRAINS]
    untrained = run(course, Plan(automatic=True, trained=0, only=("automatic",)))
    assert [who for kind, who in broken(untrained) if kind == "survivor"] == [], "a test that was left out might tell"


def test_wrong_answers_meet_the_tests_that_they_can_change(course: Path, engine: type[FakeEngine]) -> None:
    """Those that they name they meet in any case; right ones and the stub meet all."""
    solutions = course / "solutions" / "tiny"
    (solutions / "tiny.py").write_text(f"{CODE}\n\ndef g(x):\n    return x\n")
    reaching = [
        f"def {test.name}(submission):\n    submission.call('f', 1)\n" for test in TESTS if test.name != "test_b"
    ]
    (course / "assignments" / "tiny" / "test_tiny.py").write_text("\n".join([*reaching, "def test_b():\n    pass\n"]))
    write_mutant(course, "three", "test_a")
    assert run(course, Plan(trained=0)).holds
    met = {source: tests for source, _, tests in engine.graded}
    assert [tests for source, tests in met.items() if "fails: test_a" in source] == [{"test_a"}, {"test_a"}]
    assert [tests for source, tests in met.items() if "fails: test_b" in source] == [QUICK]
    assert [tests for source, tests in met.items() if "fails" not in source] == [QUICK] * 3
    engine.graded.clear()
    assert run(course, Plan(trained=0, every_test=True)).holds
    assert {tests for _, _, tests in engine.graded} == {frozenset({"test_b"})}


def test_everywhere_is_found_again_unless_more_is_asked_for(
    course: Path, engine: type[FakeEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other modes run the answers that they have not run; one in which something broke is run again."""
    ran: list[tuple[str, str, bool]] = []

    def run_mode(course, assignment, answers, mode, seed, watcher, *, jobs, whole, training):
        assert training
        for answer in answers:
            ran.append((mode, answer.name, whole))
            seen = {name: Seen("failed" if name in answer.fails else "passed") for name in (ALL if whole else QUICK)}
            if answer.name == "variants/other" and mode == "notebook":
                seen["test_a"] = Seen("error", "passed by pytest")
            yield Result(answer.name, seed, mode, seen)

    monkeypatch.setattr(modes, "run", run_mode)
    plan = Plan(everywhere=True)
    assert broken(run(course, plan)) == [("disagreement", "variants/other")]
    names = ["solution", "stub", "variants/other", "mutants/one", "mutants/two"]
    assert ran == [(mode, name, False) for mode in modes.EVERYWHERE for name in names]
    ran.clear()
    assert broken(run(course, plan)) == [("disagreement", "variants/other")]
    assert ran == [("notebook", "variants/other", False)]
    ran.clear()
    run(course, replace(plan, whole=True, only=("solution",)))
    assert ran == [(mode, "solution", True) for mode in modes.EVERYWHERE]


# ---------------------------------------------------------------------------------------------------------------------
# What follows
# ---------------------------------------------------------------------------------------------------------------------


def result(answer: Answer, *failed: str, of: Iterable[str] = ("test_a", "test_b"), **more: object) -> Result:
    seen = {test: Seen("failed", "f is wrong") if test in failed else Seen("passed") for test in of}
    return Result(answer.name, **{"seed": 0, "mode": "sandbox", "tests": seen, **more})


A, B = mutant("a", "test_a"), mutant("b", "test_b")


def known(*results: Result, answers: Iterable[Answer] = (SOLUTION, STUB, VARIANT, A, B)) -> Verification:
    """What is known when these results are, and all others are as they must be."""
    answers, named = list(answers), {one.answer for one in results}
    right = {SOLUTION.name: (), VARIANT.name: (), STUB.name: ("test_a", "test_b")}
    others = [
        result(answer, *right.get(answer.name, sorted(answer.fails))) for answer in answers if answer.name not in named
    ]
    return Verification("tiny", "Tiny", TESTS[:2], frozenset(), answers, [*results, *others])


def test_nothing_follows_from_what_is_as_it_must_be() -> None:
    assert findings_of(known()) == []
    assert known().holds


DEFECT = {"test_a": Seen("error", "TestDefect: an upstream of no numbers"), "test_b": Seen("passed")}
BROKEN = {
    "a variant is rejected": (result(VARIANT, "test_b"), "rejected", "variant", "fails test_b: f is wrong"),
    "the solution is rejected": (result(SOLUTION, "test_b"), "rejected", "solution", "fails test_b: f is wrong"),
    "the stub earns": (result(STUB, "test_a"), "stub earns", "stub", "passes test_b"),
    "a mutant fails others": (
        result(A, "test_a", "test_b"),
        "unnamed",
        "mutants/a",
        "fails test_b, which it does not name: f is wrong",
    ),
    "a test breaks": (
        result(VARIANT, tests=DEFECT),
        "defect",
        "test_a",
        "broke on variant: TestDefect: an upstream of no numbers",
    ),
    "a mutant does not load": (
        result(B, "test_a", "test_b", load_error="SyntaxError: line 3"),
        "does not load",
        "mutants/b",
        "can't be imported: SyntaxError: line 3",
    ),
}


@pytest.mark.parametrize("seen, kind, who, text", BROKEN.values(), ids=BROKEN)
def test_a_broken_claim_is_told_alone(seen: Result, kind: str, who: str, text: str) -> None:
    assert [(one.kind, one.who, one.text, one.broken) for one in findings_of(known(seen))] == [(kind, who, text, True)]


def test_a_test_that_breaks_is_told_once() -> None:
    """However many answers it breaks on; these are not as they should be, and it is not called idle."""
    results = [result(answer, tests=DEFECT) for answer in (SOLUTION, VARIANT, A)]
    verification = known(*results)
    found = findings_of(verification)
    assert [(one.kind, one.who) for one in found] == [("defect", "test_a")]
    assert found[0].text.startswith("broke on solution and 2 more: TestDefect")
    counted = {tally.kind: tally.as_claimed for tally in tallies(replace(verification, findings=found))}
    assert counted == {"solution": 0, "stub": 1, "variant": 0, "mutant": 1}


def test_a_survivor_leaves_its_test_idle() -> None:
    """Unless it was left out, or another mutant fails the test."""
    found = findings_of(known(result(A)))
    assert [(one.kind, one.who) for one in found] == [("survivor", "mutants/a"), ("idle test", "test_a")]
    other = mutant("other", "test_a")
    found = findings_of(known(result(A), answers=(SOLUTION, A, B, other)))
    assert [(one.kind, one.who) for one in found] == [("survivor", "mutants/a")]
    verification = known(answers=(SOLUTION, A, B))
    assert findings_of(replace(verification, results=[result(SOLUTION)])) == []
    assert findings_of(known(result(A, of=["test_b"]))) == []


def test_a_test_that_no_mutant_names_is_idle() -> None:
    found = findings_of(known(answers=(SOLUTION, A)))
    assert [(one.kind, one.who, one.broken) for one in found] == [("idle test", "test_b", True)]


def test_a_mutant_names_tests_that_are_there() -> None:
    ghost = mutant("ghost", "test_a", "test_of_nothing")
    found = findings_of(known(result(ghost, "test_a"), answers=(SOLUTION, A, B, ghost)))
    assert [(one.kind, one.who, one.text) for one in found] == [
        ("no such test", "mutants/ghost", "names test_of_nothing, which is not there")
    ]


def test_tests_that_always_fall_together_are_remarked_with_what_to_do() -> None:
    """From two mutants on; then the question's points can't be earned in part, unless that is meant."""
    both = [mutant(name, "test_a", "test_b") for name in ("c", "d")]
    found = findings_of(known(answers=(SOLUTION, *both)))
    assert [(one.kind, one.who, one.broken) for one in found] == [
        ("twins", "test_a", False),
        ("indivisible", "first", False),
    ]
    assert "5 points" in found[1].text and "all_or_nothing" in found[1].advice
    assert [one.kind for one in findings_of(known(answers=(SOLUTION, *both)), {"first"})] == ["twins"]
    assert findings_of(known(answers=(SOLUTION, both[0]))) == []
    assert findings_of(known(answers=(SOLUTION, *both, A))) == []


# ---------------------------------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(course: Path, engine: type[FakeEngine], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course, where the command grades with the engine that does what sources say."""
    monkeypatch.setattr(verify, "__kwdefaults__", {**(verify.__kwdefaults__ or {}), "engine": engine})
    monkeypatch.chdir(course)
    return course


def test_the_command_shows_a_table_and_writes_what_it_is_asked_for(
    command: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "tiny", "--out", "out", "--json", "all.json"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^mutants +2 +2 +fail the tests that they name +100\.0 % +1\.0$", shown, re.MULTILINE)
    assert "Tiny: 5 answers graded, no broken claims" in shown
    assert (command / "out" / "verify.html").is_file()
    document = json.loads((command / "all.json").read_text())
    jsonschema.validate(document, SCHEMA)
    assert document["holds"] is True
    assert list(command.glob("**/.verify*")) == [command / "out" / ".verify-tiny.jsonl"]


def test_the_command_fails_when_a_claim_is_broken(command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mutant(command, "liar", "test_b", named="test_a")
    assert main(["verify", "--all", "--no-training", "--json", "all.json"]) == 1
    shown = capsys.readouterr().out
    assert "survivor: mutants/liar passes test_a, which it names → sharpen the test" in shown
    assert "unnamed: mutants/liar fails test_b, which it does not name: f is wrong, says test_b → add it" in shown
    assert "answers graded, 2 broken claims" in shown
    document = json.loads((command / "all.json").read_text())
    jsonschema.validate(document, SCHEMA)
    assert document["holds"] is document["assignments"][0]["holds"] is False
    assert (command / "solutions" / "tiny" / ".verify.jsonl").is_file()


def test_the_command_says_how_to_go_on(command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FakeEngine.break_at = {2: KeyboardInterrupt()}
    assert main(["verify", "tiny"]) == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    FakeEngine.break_at = None
    assert main(["verify", "tiny"]) == 0
    assert "Tiny: 2 of 5 gradings are known from before" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["other"], "no assignment 'other'"),
        (["tiny", "--only", "mutants/none"], "names no answer"),
        (["--all", "--course", "nowhere"], "there is no assignment"),
    ],
)
def test_the_command_refuses_bad_input_in_one_line(
    command: Path, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["tiny", "--all"], ["tiny", "--jobs", "0"], ["tiny", "--seeds", "0"]])
def test_the_command_refuses_what_would_verify_nothing(command: Path, arguments: list[str]) -> None:
    """With none at a time nothing would be graded, and no claim broken."""
    with pytest.raises(SystemExit) as caught:
        main(["verify", *arguments])
    assert caught.value.code == 2


def test_the_command_says_what_is_not_installed(
    command: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it grades anything."""
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert main(["verify", "tiny", "--automatic", "--everywhere", "--out", "out"]) == 2
    needed = "this needs rich, jinja2, libcst, otter: pip install 'autograder[grade,report,verify,otter]'"
    assert needed in capsys.readouterr().err
    assert FakeEngine.started == 0


def test_a_terminal_shows_how_far_it_is(course: Path) -> None:
    """Text of answers is never taken for markup."""
    console = Console(force_terminal=True, width=100, file=io.StringIO())
    with Screen(console) as screen:
        screen.start(find_assignment(course, "tiny"), ANSWERS)
        screen.expect(8, 2)
        screen.graded(result(SOLUTION))
    assert "1/8" in console.file.getvalue() and "left" in console.file.getvalue()
    named = Answer("f: `x[red]` -> `x[/red]`", "automatic", "x")
    verification = known(result(named), answers=(*known().answers, named))
    screen.close(replace(verification, findings=findings_of(verification)))
    assert "`x[red]` -> `x[/red]`" in re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())


def test_json_says_everything_of_an_automatic_mutant() -> None:
    automatic = replace(AUTOMATIC, diff="-a\n+b\n", equivalent="the same")
    verification = known(result(automatic), answers=(*known().answers, automatic))
    document = as_json([verification])
    jsonschema.validate(document, SCHEMA)
    last = document["assignments"][0]["answers"][-1]
    assert (last["kind"], last["diff"], last["equivalent"]) == ("automatic", "-a\n+b\n", "the same")
    assert [tally["kind"] for tally in document["assignments"][0]["tallies"]][-1] == "automatic"


# ---------------------------------------------------------------------------------------------------------------------
# Tests that are too weak or too strict, in the real engine
# ---------------------------------------------------------------------------------------------------------------------

SMALL_TOML = """\
title = "Small"
points = 8
"""
SMALL_QUESTION = """
[[question]]
name = "{0}"
title = "{0}"
"""
SMALL_SOLUTION = '''\
"""Four small functions."""

import torch


def centre(x):
    """Each column minus its mean."""
    # BEGIN SOLUTION
    return x - x.mean(dim=0)
    # END SOLUTION


def square_backward(upstream, x):
    """The gradient of the squares."""
    # BEGIN SOLUTION
    return 2 * x * upstream
    # END SOLUTION


def counts(labels, classes):
    """How often each label occurs; any dtype."""
    # BEGIN SOLUTION
    return torch.stack([(labels == label).sum() for label in range(classes)]).to(torch.float32)
    # END SOLUTION


def columns(x):
    """The transpose."""
    # BEGIN SOLUTION
    return x.T.contiguous()
    # END SOLUTION
'''
SMALL_TESTS = '''\
"""Tests."""

import torch

from autograder import assert_close, assert_gradient, points, probe


@points(2, question="centre")
def test_centre(submission, draw):
    """Each column loses its mean."""
    x = draw.normal(4, 3)
    assert_close(submission.call("centre", x), x - x.sum(0) / 4)


@points(2, question="square_backward")
def test_square_backward(submission, draw):
    """The gradient is that of finite differences."""
    x, upstream = draw.normal(4, 3), draw.normal(4, 3)
    assert_gradient(submission.call("square_backward", upstream, x), of=torch.square, at=x, upstream=upstream)


@points(2, question="counts")
def test_counts(submission, draw):
    """Every class is counted."""
    counted = submission.call("counts", torch.tensor([2, 0, 2, 2]), 4)
    assert_close(counted.to(torch.float32), torch.tensor([1.0, 0.0, 3.0, 0.0]))


@probe
def transposed(student, x):
    out = student.columns(x)
    return out.clone(), out.is_contiguous()


@points(2, question="columns")
def test_columns(submission, draw):
    """Rows become columns."""
    x = draw.normal(2, 3)
    out, contiguous = submission.run(transposed, x)
    assert_close(out, torch.stack(list(x), dim=1))
'''
SMALL_FRAGMENTS = {
    "variants/counts_in_integers": "def counts(labels, classes):\n    return torch.bincount(labels, None, classes)\n",
    "variants/columns_as_a_view": "def columns(x):\n    return x.T\n",
    "mutants/centre_by_one_less": "def centre(x):\n    return x - x.sum(dim=0) / (len(x) - 1)\n",
    "mutants/square_without_upstream": "def square_backward(upstream, x):\n    return 2 * x\n",
    "mutants/counts_once": "def counts(labels, classes):\n    return torch.ones(classes)\n",
    "mutants/columns_are_rows": "def columns(x):\n    return x\n",
}
TOO_WEAK_OR_STRICT = {
    "x - x.sum(0) / 4)": "x - x.sum(0) / 4, atol=1)",
    "x, upstream = draw.normal(4, 3), draw.normal(4, 3)": "x, upstream = draw.normal(4, 3), torch.ones(4, 3).double()",
    "counted.to(torch.float32)": "counted",
    "dim=1))": "dim=1))\n    assert contiguous",
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A course whose four tests are as they should be."""
    home, solutions = tmp_path / "assignments" / "small", tmp_path / "solutions" / "small"
    names = ("centre", "square_backward", "counts", "columns")
    texts = {
        home / "assignment.toml": SMALL_TOML + "".join(map(SMALL_QUESTION.format, names)),
        home / "test_small.py": SMALL_TESTS,
        solutions / "small.py": SMALL_SOLUTION,
    }
    for name, text in SMALL_FRAGMENTS.items():
        test = next(f"test_{function}" for function in names if name.partition("/")[2].startswith(function[:6]))
        head = f'CAUGHT_BY = ("{test}",)\n' if name.startswith("mutants") else ""
        texts[solutions / f"{name}.py"] = f"{head}import torch\n\n\n{text}"
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_tests_that_are_too_weak_or_too_strict_are_caught(small: Path) -> None:
    """A tolerance of 1, an upstream of ones, a dtype that nobody asked for, a demand for contiguous memory."""
    fair = verify(small, find_assignment(small, "small"), Plan(jobs=2), Counter())
    assert [finding for finding in fair.findings if finding.broken] == []
    path = small / "assignments" / "small" / "test_small.py"
    for fair_text, unfair in TOO_WEAK_OR_STRICT.items():
        assert fair_text in path.read_text()
        path.write_text(path.read_text().replace(fair_text, unfair))
    caught = verify(small, find_assignment(small, "small"), Plan(jobs=2), Counter())
    assert {(one.kind, one.who, one.text.partition(",")[0].partition(":")[0]) for one in caught.findings} >= {
        ("survivor", "mutants/centre_by_one_less", "passes test_centre"),
        ("survivor", "mutants/square_without_upstream", "passes test_square_backward"),
        ("rejected", "variants/counts_in_integers", "fails test_counts"),
        ("rejected", "variants/columns_as_a_view", "fails test_columns"),
    }
    who = {finding.who for finding in caught.findings if finding.broken}
    assert "solution" not in who and "mutants/counts_once" not in who
