"""The line by which a submission tells from which release of its assignment it was made.

Every stub and notebook carries it; it is the one place where a submission names its release. What it says is a hint for
people, never a ground for points: anybody can change it.
"""

from __future__ import annotations

import re

from autograder.core.assignment import Assignment

_MARK = re.compile(rb"# release: ([A-Za-z0-9_]{1,80}) (\d{1,4}(?:\.\d{1,4}){0,2})\b")
_SEARCHED = 2**20  # bytes of a submission that are looked through


def release_mark(assignment: Assignment) -> str:
    """The comment that stubs and notebooks carry: ``# release: tensor_ops 1.0``."""
    return f"# release: {assignment.name} {assignment.version}"


def made_from(source: bytes) -> tuple[str, str] | None:
    """The assignment and version that a submission's first mark names; None: it has none.

    Args:
        source: the submission's file as it is, a module or a notebook; it is searched, never parsed.
    """
    match = _MARK.search(source[:_SEARCHED])
    return (match[1].decode(), match[2].decode()) if match else None


def is_older(version: str, than: str) -> bool:
    """Whether one version comes before another: "1.2" before "1.10", "1" is "1.0"."""
    ours, theirs = (tuple(map(int, text.split("."))) for text in (version, than))
    width = max(len(ours), len(theirs))
    return ours + (0,) * (width - len(ours)) < theirs + (0,) * (width - len(theirs))
