"""calibration.json, as it lies beside assignment.toml: the bars, and every number that they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from autograder.calibration.statistics import Assessment, Numbers, Scores, assess
from autograder.calibration.subjects import SIDES, Side, Subject
from autograder.core.assignment import Assignment, BarRule
from autograder.core.bars import CALIBRATION_NAME
from autograder.errors import CalibrationError
from autograder.grading.results import write_atomically

VERSION = 1
_DIGITS = 5  # of a number
_CHANCES: dict[Side, str] = {"right": "failing", "wrong": "passing"}  # under what name each side's are written

_HASH = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_COUNT = {"type": "integer", "minimum": 0}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_SERIES = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"]}}},
}
_CHANCE = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": False,
        "required": ["trainings", "medians", "estimate", "at_most"],
        "properties": {
            "trainings": {**_COUNT, "description": "how many were on the wrong side of the bar"},
            "medians": {**_COUNT, "description": "for how many seeds the median was, before any second look"},
            "estimate": {**_SHARE, "description": "chance of being judged wrongly, from the share of such trainings"},
            "at_most": {**_SHARE, "description": "its upper bound, with 95 % confidence for each submission"},
        },
    },
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "The calibration of an assignment's bars",
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "assignment", "bars"],
    "properties": {
        "schema": {"const": VERSION, "description": "version of this schema"},
        "assignment": {"type": "string"},
        "bars": {
            "type": "array",
            "description": "one entry for each bar, data set and device",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "name", "data", "device", "bar", "test", "trials", "regrade_within", "seeds",
                    "right", "wrong", "chance", "sources", "fingerprint", "versions", "machine", "date",
                ],
                "properties": {
                    "name": {"type": "string", "description": "of the [[bar]] in assignment.toml"},
                    "data": {"type": "string", "description": "the data set; empty: the assignment has none"},
                    "device": {"enum": ["cpu", "cuda"]},
                    "bar": {"type": ["number", "null"], "description": "null: it separates nothing and is not used"},
                    "test": {"type": "string", "description": "the test that trained, as the [[bar]] says"},
                    "trials": {"type": "integer", "minimum": 1, "description": "trainings for each seed"},
                    "regrade_within": {"type": "number", "minimum": 0, "description": "of the [[bar]]"},
                    "seeds": {"type": "integer", "minimum": 1, "description": "from 0 on"},
                    "right": {
                        **_SERIES,
                        "description": "by name, for each seed the number of each training; null: it gave none",
                    },
                    "wrong": {**_SERIES, "description": "the same of the mutants that name the test"},
                    "chance": {
                        "type": "object",
                        "description": "of failing a right submission, and of passing a wrong one",
                        "additionalProperties": False,
                        "properties": dict.fromkeys(_CHANCES.values(), _CHANCE),
                    },
                    "sources": {
                        "type": "object",
                        "description": "hash of each submission's code, without comments and docstrings",
                        "additionalProperties": False,
                        "required": list(SIDES),
                        "properties": {
                            side: {"type": "object", "additionalProperties": _HASH} for side in SIDES
                        },
                    },
                    "fingerprint": {**_HASH, "description": "of what else the numbers depend on"},
                    "versions": {"type": "object", "additionalProperties": {"type": "string"}},
                    "machine": {"type": "string", "description": "processor and cores, and the GPU in use"},
                    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
                },
            },
        },
    },
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """What the numbers depend on beside the submission and the seed, as it was found when the engine started."""

    data: str
    device: str
    versions: Mapping[str, str]
    machine: str
    fingerprint: str


@dataclass(frozen=True)
class Entry:
    """The calibration of one bar on one data set and device; the fields are those of ``SCHEMA``.

    Attributes:
        numbers: the record's "right" and "wrong".
        chances: the record's "chance".
    """

    name: str
    data: str
    device: str
    bar: float | None
    test: str
    trials: int
    regrade_within: float
    seeds: int
    numbers: Numbers
    chances: Mapping[str, Mapping[str, Mapping[str, float]]]
    sources: Mapping[Side, Mapping[str, str]]
    fingerprint: str
    versions: Mapping[str, str]
    machine: str
    date: str  # ISO

    @property
    def key(self) -> tuple[str, str, str]:
        """What there is one entry for."""
        return self.name, self.data, self.device

    def follows(self, rule: BarRule) -> bool:
        """Whether it was measured by this rule."""
        return (self.test, self.trials, self.regrade_within) == (rule.test, rule.trials, rule.regrade_within)


def make_entry(
    rule: BarRule, setting: Setting, subjects: Sequence[Subject], numbers: Numbers, bar: float | None
) -> Entry:
    """The calibration that follows from these numbers; a bar that is refused is recorded as None."""
    assessment = assess(rule, numbers, bar)
    sources = {side: {subject.name: subject.code for subject in subjects if subject.side == side} for side in SIDES}
    return Entry(
        name=rule.name,
        data=setting.data,
        device=setting.device,
        bar=None if assessment.problems else bar,
        test=rule.test,
        trials=rule.trials,
        regrade_within=rule.regrade_within,
        seeds=len(next(iter(numbers["right"].values()))),
        numbers=numbers,
        chances=recorded_chances(assessment),
        sources=sources,
        fingerprint=setting.fingerprint,
        versions=setting.versions,
        machine=setting.machine,
        date=date.today().isoformat(),
    )


def rounded(score: float) -> float:
    """A number as it is recorded, and judged here."""
    return float(f"{score:.{_DIGITS}g}")


def recorded_chances(assessment: Assessment) -> dict[str, dict[str, dict[str, float]]]:
    """Chances as the record holds them."""
    return {
        _CHANCES[side]: {name: asdict(chance) for name, chance in of_side.items()}
        for side, of_side in assessment.chances.items()
    }


def read_entries(folder: Path) -> list[Entry]:
    """The calibrations of an assignment; none where there is no file.

    Raises:
        CalibrationError: the file is not what ``autograder calibrate`` writes.
    """
    path = folder / CALIBRATION_NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["schema"] != VERSION:
            raise ValueError(f"schema {raw['schema']}, not {VERSION}")
        return [_entry(item) for item in raw["bars"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise CalibrationError(
            f"{path}: not a calibration ({what}); remove it and run `autograder calibrate`"
        ) from None


def _entry(raw: Mapping[str, Any]) -> Entry:
    fields = dict(raw)
    numbers = {side: {name: _series(fields, series) for name, series in fields.pop(side).items()} for side in SIDES}
    return Entry(numbers=numbers, chances=fields.pop("chance"), **fields)


def _series(raw: Mapping[str, Any], series: Sequence[Sequence[float | None]]) -> list[Scores]:
    if [len(scores) for scores in series] != [raw["trials"]] * raw["seeds"]:
        raise ValueError(f"{raw['seeds']} seeds of {raw['trials']} trainings are announced, others are there")
    return [tuple(None if score is None else float(score) for score in scores) for scores in series]


def write_entry(assignment: Assignment, entry: Entry) -> None:
    """Write a calibration in the place of an earlier one of the same bar, data set and device; others stay."""
    others = [other for other in read_entries(assignment.folder) if other.key != entry.key]
    bars = [_raw(item) for item in sorted([*others, entry], key=lambda item: item.key)]
    record = {"schema": VERSION, "assignment": assignment.name, "bars": bars}
    write_atomically(assignment.folder / CALIBRATION_NAME, "".join(_laid_out(record)) + "\n")


def _raw(entry: Entry) -> dict[str, Any]:
    fields = {name: value for name, value in vars(entry).items() if name not in ("numbers", "chances")}
    at = list(fields).index("sources")
    before, after = list(fields.items())[:at], list(fields.items())[at:]
    numbers = {str(side): entry.numbers[side] for side in SIDES}
    return {**dict(before), **numbers, "chance": entry.chances, **dict(after)}


def _laid_out(value: Any, indent: str = "") -> Iterator[str]:
    """JSON with a line for each submission: what holds no objects stands on one line."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if not any(isinstance(item, dict) for item in inner) and not _is_of_lists(value):
        yield json.dumps(value, ensure_ascii=False)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    names = (
        [f"{json.dumps(name, ensure_ascii=False)}: " for name in value]
        if isinstance(value, dict)
        else [""] * len(value)
    )
    yield opening
    for number, (name, item) in enumerate(zip(names, inner, strict=True)):
        yield f"{',' if number else ''}\n{indent} {name}"
        yield from _laid_out(item, f"{indent} ")
    yield f"\n{indent}{closing}"


def _is_of_lists(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(item, list) for item in value.values())
