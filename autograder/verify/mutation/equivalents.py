"""Equivalent mutants: changes that no test can tell from the solution, declared with a reason.

They stand in ``solutions/<name>/equivalent.toml``, beside the solution:

    [[equivalent]]
    change = "logsumexp: `largest.isinf()` -> ..."    # an automatic mutant's name
    reason = "why no answer that keeps to the handout could be told from it"

``changes`` in the place of ``change`` holds several that share a reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from autograder.errors import AssignmentError
from autograder.verify.facts import Answer, Finding
from autograder.verify.mutation.generate import automatic

FILE = "equivalent.toml"
_FORM = "an [[equivalent]] has `change` (a text) or `changes` (a list of texts), and `reason` (a text)"


def automatic_answers(solution: Path) -> tuple[list[Answer], list[Finding]]:
    """A solution's automatic mutants with their declared reasons, and what is wrong with the declarations.

    Args:
        solution: the solution's file; the declarations lie beside it.

    Raises:
        AssignmentError: the declarations can't be read.
        MarkerError: as ``make_stub``.
    """
    file = solution.parent / FILE
    reasons = read_equivalents(file) if file.exists() else {}
    answers = automatic(solution.read_text(encoding="utf-8"), solution)
    declared = [replace(answer, equivalent=reasons.get(answer.name, "")) for answer in answers]
    return declared, list(stale_entries(reasons, declared))


def read_equivalents(file: Path) -> dict[str, str]:
    """The reason for each declared change.

    Raises:
        AssignmentError: it is no TOML, not of the form above, or declares a change twice.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AssignmentError(f"{file}: {error}") from None
    if unknown := set(document) - {"equivalent"}:
        raise AssignmentError(f"{file}: unknown {', '.join(sorted(unknown))}; {_FORM}")
    reasons: dict[str, str] = {}
    for change, reason in _entries(document.get("equivalent", []), file):
        if change in reasons:
            raise AssignmentError(f"{file}: {change}: declared twice")
        reasons[change] = reason
    return reasons


def stale_entries(reasons: Mapping[str, str], answers: Iterable[Answer]) -> Iterator[Finding]:
    """A finding for each declared change that no operator makes (any more)."""
    known = {answer.name for answer in answers}
    for change in reasons:
        if change not in known:
            yield Finding(
                "stale equivalent",
                change,
                f"{FILE} declares a change that no operator makes",
                "the code has changed: delete the entry, or give it the change's new name",
            )


def _entries(entries: object, file: Path) -> Iterator[tuple[str, str]]:
    for entry in entries if isinstance(entries, list) else [None]:
        if not isinstance(entry, dict) or set(entry) not in ({"change", "reason"}, {"changes", "reason"}):
            raise AssignmentError(f"{file}: {_FORM}")
        changes = entry["changes"] if "changes" in entry else [entry["change"]]
        texts = [entry["reason"], *changes] if isinstance(changes, list) else [None]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise AssignmentError(f"{file}: {_FORM}")
        for change in changes:
            yield change, " ".join(entry["reason"].split())
