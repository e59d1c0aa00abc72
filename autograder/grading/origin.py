"""What a submission says of the release that it was made from, in words for its student."""

from __future__ import annotations

from autograder.core.assignment import Assignment
from autograder.core.release_mark import is_older, made_from


def origin_note(assignment: Assignment, source: bytes) -> str | None:
    """A remark on a submission that was made from another release than the one that grades it, or None.

    Args:
        source: the graded file as it was handed in.
    """
    match made_from(source):
        case (name, version) if name != assignment.name:
            return f"made from release {version} of {name}, another assignment; this one is {assignment.name}"
        case (name, version) if is_older(version, assignment.version):
            return (
                f"made from release {version} of {name}; the current one is {assignment.version}: get it, read what "
                "changed in the handout and the stub, and move your work over"
            )
        case (name, version) if is_older(assignment.version, version):
            return f"made from release {version} of {name}, which is newer than the {assignment.version} that graded it"
    return None
