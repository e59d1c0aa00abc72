"""Grade PyTorch assignments: probes run in a sandbox, judgements in the grader.

What a test module needs is exported here. The names are imported on first use, so that the command line, which needs
no torch, starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.checks import assert_close, assert_gradient, assert_jacobian
    from autograder.core.disguise import LabelRenaming, WordRenaming
    from autograder.core.marks import limits, points, timeout
    from autograder.core.probe import probe
    from autograder.errors import CheckFailure

__version__ = "0.1.0"
__all__ = [
    "CheckFailure",
    "LabelRenaming",
    "WordRenaming",
    "assert_close",
    "assert_gradient",
    "assert_jacobian",
    "limits",
    "points",
    "probe",
    "timeout",
]

_HOME = {
    "CheckFailure": "autograder.errors",
    "LabelRenaming": "autograder.core.disguise",
    "WordRenaming": "autograder.core.disguise",
    "assert_close": "autograder.checks",
    "assert_gradient": "autograder.checks",
    "assert_jacobian": "autograder.checks",
    "limits": "autograder.core.marks",
    "points": "autograder.core.marks",
    "probe": "autograder.core.probe",
    "timeout": "autograder.core.marks",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
