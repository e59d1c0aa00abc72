"""Verifications as JSON, for CI and other programs; ``SCHEMA`` documents it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import autograder
from autograder.core.decimals import plain_decimal
from autograder.verify import feedback
from autograder.verify.facts import Answer, Finding, Kind, Mode, Result, Verification
from autograder.verify.tally import Tally, tallies

VERSION = 1


def _object(properties: dict[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _array(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_TEXT, _FLAG, _NUMBER = {"type": "string"}, {"type": "boolean"}, {"type": "number", "minimum": 0}
_COUNT = {"type": "integer", "minimum": 0}
_KIND = {"enum": list(get_args(Kind))}
_TEST = _object(
    {
        "name": _TEXT,
        "question": _TEXT,
        "points": {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
        "hidden": _FLAG,
        "training": {**_FLAG, "description": "it trains a model"},
    }
)
_FAILURE = _object(
    {
        "test": _TEXT,
        "verdict": {"enum": ["failed", "error"], "description": "error: the test broke"},
        "message": _TEXT,
        "cause": {"type": ["string", "null"], "description": "the diagnosis, where one was offered"},
    }
)
_RESULT = _object(
    {
        "seed": {"type": "integer"},
        "mode": {"enum": list(get_args(Mode))},
        "tests": {**_COUNT, "description": "how many ran"},
        "failures": _array(_FAILURE),
        "load_error": {"type": ["string", "null"]},
        "cpu_seconds": _NUMBER,
    }
)
_ANSWER = _object(
    {
        "name": _TEXT,
        "kind": _KIND,
        "fails": {**_array(_TEXT), "description": "the tests that it names"},
        "changed": {**_array(_TEXT), "description": "definitions that are not the solution's"},
        "causes": {**_array(_TEXT), "description": "diagnoses that are right"},
        "diff": {**_TEXT, "description": "of an automatic mutant"},
        "equivalent": {**_TEXT, "description": "why it can't be told from the solution"},
        "results": {**_array(_RESULT), "description": "none where it was not graded"},
    },
    optional=("diff", "equivalent"),
)
_TALLY = _object(
    {
        "kind": _KIND,
        "answers": {**_COUNT, "description": "graded in the sandbox, without those declared equivalent"},
        "as_claimed": {**_COUNT, "description": "of which no claim is broken"},
        "killed": {**_COUNT, "description": "that fail some test"},
        "equivalent": _COUNT,
        "cpu_seconds": _NUMBER,
    }
)
_FINDING = _object({"kind": _TEXT, "who": _TEXT, "text": _TEXT, "advice": _TEXT, "broken": _FLAG})
_DIAGNOSES = _object(dict.fromkeys(("right", "absent", "wrong", "undeclared"), _COUNT))
_ASSIGNMENT = _object(
    {
        "name": _TEXT,
        "title": _TEXT,
        "holds": {**_FLAG, "description": "no claim is broken"},
        "seconds": {**_NUMBER, "description": "0: everything was known from before"},
        "tests": _array(_TEST),
        "tallies": {**_array(_TALLY), "description": "by kind of answer"},
        "diagnoses": {**_DIAGNOSES, "description": "over all failures of mutants"},
        "findings": {**_array(_FINDING), "description": "broken: a claim does not hold; else a remark"},
        "answers": _array(_ANSWER),
    }
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What `autograder verify --json` writes",
    **_object(
        {
            "version": {"const": VERSION},
            "autograder": _TEXT,
            "holds": {**_FLAG, "description": "no claim of any assignment is broken"},
            "assignments": _array(_ASSIGNMENT),
        }
    ),
}


def as_json(verifications: Sequence[Verification]) -> dict[str, Any]:
    """A document that follows ``SCHEMA``."""
    return {
        "version": VERSION,
        "autograder": autograder.__version__,
        "holds": all(verification.holds for verification in verifications),
        "assignments": [_assignment(verification) for verification in verifications],
    }


def _assignment(verification: Verification) -> dict[str, Any]:
    results: dict[str, list[Result]] = {}
    for result in verification.results:
        results.setdefault(result.answer, []).append(result)
    pairs = feedback.rates(verification)
    return {
        "name": verification.name,
        "title": verification.title,
        "holds": verification.holds,
        "seconds": round(verification.seconds, 1),
        "tests": [
            {
                "name": test.name,
                "question": test.question,
                "points": plain_decimal(test.points),
                "hidden": test.hidden,
                "training": test.name in verification.training,
            }
            for test in verification.tests
        ],
        "tallies": [_tally(tally) for tally in tallies(verification)],
        "diagnoses": {kind: pairs.diagnosed(kind) for kind in ("right", "absent", "wrong", "undeclared")},
        "findings": [_finding(finding) for finding in verification.findings],
        "answers": [_answer(answer, results.get(answer.name, [])) for answer in verification.answers],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "kind": tally.kind,
        "answers": tally.answers,
        "as_claimed": tally.as_claimed,
        "killed": tally.killed,
        "equivalent": tally.equivalent,
        "cpu_seconds": round(tally.cpu, 1),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "who": finding.who,
        "text": finding.text,
        "advice": finding.advice,
        "broken": finding.broken,
    }


def _answer(answer: Answer, results: Sequence[Result]) -> dict[str, Any]:
    automatic = {"diff": answer.diff, "equivalent": answer.equivalent} if answer.kind == "automatic" else {}
    return {
        "name": answer.name,
        "kind": answer.kind,
        "fails": sorted(answer.fails),
        "changed": sorted(answer.changed),
        "causes": sorted(answer.causes),
        **automatic,
        "results": [_result(result) for result in results],
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "seed": result.seed,
        "mode": result.mode,
        "tests": len(result.tests),
        "failures": [
            {"test": name, "verdict": seen.verdict, "message": seen.message, "cause": seen.cause}
            for name, seen in result.tests.items()
            if seen.verdict != "passed"
        ],
        "load_error": result.load_error,
        "cpu_seconds": round(result.cpu, 2),
    }
