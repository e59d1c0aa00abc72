"""Text that stays the same from run to run: what chance puts into it is replaced.

Students print functions and paths; a memory address or the name of a temporary folder would make the feedback of two
equal runs differ. Does not promise the same for what a submission draws from a clock or a process number.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace

from autograder.core.outcome import Graded

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_NAME = "[a-z0-9_]{8}"  # as tempfile makes them up
_FOLDER = re.compile(
    rf"{re.escape(tempfile.gettempdir())}/autograder-(?:class-)?{_NAME}(?:/\d{{5}}|/submission-{_NAME})?\b"
)


def steady_text(text: str) -> str:
    """``text`` with addresses as ``0x…`` and the submission's temporary folders as ``.``."""
    return _FOLDER.sub(".", _ADDRESS.sub("0x…", text))


def steady(graded: Graded) -> Graded:
    """A graded submission with all of its texts made steady."""
    return replace(
        graded,
        outcomes=tuple(
            replace(outcome, message=steady_text(outcome.message), output=steady_text(outcome.output))
            for outcome in graded.outcomes
        ),
        load_error=None if graded.load_error is None else steady_text(graded.load_error),
        notes=tuple(map(steady_text, graded.notes)),
        error=None if graded.error is None else steady_text(graded.error),
    )
