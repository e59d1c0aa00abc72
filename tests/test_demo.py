"""The demo class: every member gets the score that is known beforehand."""

from __future__ import annotations

import json

import pytest

from autograder.core.assignment import find_assignment
from autograder.core.engine import Engine
from autograder.data import offline_choice
from autograder.grading.batch import Batch, Options
from autograder.intake.folder import find_submissions
from autograder.selftest.demo import build_class, class_size, long_training
from tests.conftest import ROOT

ASSIGNMENTS = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/assignment.toml"))


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_member_of_the_demo_class_gets_the_score_it_must(name, tmp_path):
    assignment = find_assignment(ROOT, name)
    members = build_class(ROOT, assignment, tmp_path / "class")
    assert len(members) == class_size(assignment)
    assert len({member.student for member in members}) == len(members)
    kinds = {member.kind.split()[0] for member in members}
    assert {"solution", "variant", "mutant", "stub", "syntax", "forger", "empty", "no"} <= kinds
    assert len(members) < 20 or {"waits", "missing", "exits"} <= kinds
    assert len(members) < 40 or {"wrong", "two"} <= kinds
    data = offline_choice(assignment.data)
    # Networks that train on data sets are graded by `make demo`, and by test_assignments: minutes, for a class.
    skip = tuple(question.name for question in assignment.questions if question.training and assignment.data)
    skip += long_training(assignment)
    with Engine(assignment, device="cpu", data=data, skip_questions=skip) as engine:
        points = sum(test.points for test in engine.tests)
        expected = {member.student: member.expected_score(assignment, engine.tests) for member in members}
    intake = find_submissions(tmp_path / "class", assignment.module)
    assert not intake.left_out
    options = Options(tmp_path / "out", jobs=2, device="cpu", data=data, skip_questions=skip)
    report = Batch(assignment, intake, options).run()
    assert not report.errors
    got = {summary.student: summary.score for summary in report.summaries}
    wrong = {
        f"{member.student} ({member.kind})": f"got {got[member.student]}, expected {expected[member.student]}"
        for member in members
        if got[member.student] != expected[member.student]
    }
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
    full = sum(score == points for score in expected.values())
    assert 3 <= full <= len(members) // 2  # a class, not a crowd of solutions


def test_the_class_is_the_same_each_time(tmp_path):
    assignment = find_assignment(ROOT, ASSIGNMENTS[0])
    for name in ("one", "two"):
        build_class(ROOT, assignment, tmp_path / name)

    def contents(name):
        return {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}

    assert contents("one") == contents("two")
    suffixes = {path.suffix for path in contents("one")}
    assert {".py", ".ipynb"} <= suffixes
