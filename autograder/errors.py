"""Every error that the package raises on purpose.

Three kinds of people can be at fault, and each has a branch: the grader or author who called us (``AutograderError``),
the submission (``SubmissionError``), and the test (``TestDefect``). A judgement that went against a submission is an
``AssertionError``, so that pytest shows it as a failure.
"""

from __future__ import annotations

from collections.abc import Sequence


class AutograderError(Exception):
    """Something that a person can mend; its text is one line that names the file and what to do."""


class AssignmentError(AutograderError):
    """An assignment folder or its assignment.toml is not as it must be."""


class IntakeError(AutograderError):
    """A path with submissions can't be used."""


class CourseError(AutograderError):
    """course.toml, or a table that it names, is not as it must be; the text names file and key or line."""


class GradebookError(AutograderError):
    """A gradebook can't be opened, read or written."""


class ReportError(AutograderError):
    """A report can't be made."""


class ClusterError(AutograderError):
    """Other machines can't be used for grading as they are."""


class DataError(AutograderError):
    """A data set is not here, not whole, or not what its checksum says; the text says how to get it."""


class CalibrationError(AutograderError):
    """A calibration can't be read, run or used."""


class MarkerError(AutograderError):
    """The solution markers of a file are not as they must be; the text names file and line."""


class ProbeError(AutograderError):
    """A probe is not self-contained, or can't be sent as source."""


class InfrastructureError(AutograderError):
    """The grader's own machinery failed (nursery, judge host): never the student's zero."""


class WireError(Exception):
    """Anything that can be wrong with bytes, or with a value, that crosses between judge and worker."""


class NotPlainError(WireError):
    """A value is of a type that does not cross the boundary; the text says which and where."""


class TestDefect(Exception):
    """A test asks for something that can't judge anything: a bug of the test, never the student's fault."""

    __test__ = False  # the name starts with "Test", pytest would try to collect it


class CheckFailure(AssertionError):
    """A judgement against a submission.

    Attributes:
        headline: one sentence: what was judged and what is wrong.
        cause: the likely cause in a few words ("factor 2"), or None when none was recognised.
    """

    def __init__(
        self, headline: str, details: Sequence[str] = (), *, cause: str | None = None, hint: str | None = None
    ):
        lines = [headline, *(f"  {line}" for line in details)]
        if cause is not None:
            lines.append(f"  likely cause: {cause}")
        if hint is not None:
            lines.append(f"  hint: {hint}")
        super().__init__("\n".join(lines))
        self.headline = headline
        self.cause = cause


class SubmissionError(Exception):
    """The submission raised, crashed, hung or broke a limit while a probe ran; the text is for the student."""


class MissingNameError(SubmissionError):
    """The submission lacks a name that the tests ask for.

    Attributes:
        name: which.
    """

    def __init__(self, file: str, name: str):
        super().__init__(f"{file} defines no `{name}`; the tests need that exact name")
        self.name = name


class LoadError(SubmissionError):
    """The submission could not be imported, so no probe can run."""
