"""The bars of the course rest on recorded numbers; tests/test_calibrate.py shows that weakened records are noticed."""

from __future__ import annotations

import json

import jsonschema
import pytest

from autograder.calibration.record import SCHEMA
from autograder.calibration.support import unsupported
from autograder.core.assignment import find_assignment
from tests.conftest import ROOT

ALL = [find_assignment(ROOT, path.parent.name) for path in sorted((ROOT / "assignments").glob("*/assignment.toml"))]
JUDGED_BY_A_BAR = [pytest.param(assignment, id=assignment.name) for assignment in ALL if assignment.bars]


@pytest.mark.parametrize("assignment", JUDGED_BY_A_BAR)
def test_every_bar_follows_from_recorded_numbers(assignment):
    assert unsupported(assignment, ROOT) == []


@pytest.mark.parametrize("assignment", JUDGED_BY_A_BAR)
def test_what_is_recorded_is_as_documented(assignment):
    jsonschema.validate(json.loads((assignment.folder / "calibration.json").read_text()), SCHEMA)
