"""The submissions of a run, compared: what is in the gradebook, against what the course handed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.core.assignment import Assignment, find_assignment
from autograder.errors import AssignmentError
from autograder.gradebook.store import Gradebook
from autograder.release.stub import make_stub
from autograder.similarity.compare import similar_pairs
from autograder.similarity.model import Similarity

_NOT_REMOVED = " What students received was not taken out, since {missing}: shares are higher than what they wrote."


@dataclass(frozen=True)
class HandedOut:
    """What every student has from the course.

    Attributes:
        stub: the file to fill in.
        handout: its text.
        missing: why the stub is not known ("there is no …"), or "".
    """

    stub: str
    handout: str
    missing: str = ""


def similarity_of_run(
    book: Gradebook, run: int, course: Path, *, on_read: Callable[[int], None] = lambda count: None
) -> Similarity:
    """Which submissions of a run are alike; of somebody with several attempts, the last one.

    Args:
        course: the folder that holds assignments/ and solutions/.
        on_read: called with the number of submissions read so far.

    Raises:
        AutograderError: there is no such run or assignment, or the solution's markers are not as they must be.
    """
    given = handed_out(course, find_assignment(course, book.run(run).assignment))
    found = similar_pairs(_Sources(book, run), given.stub, given.handout, on_read=on_read)
    return replace(found, note=found.note + _NOT_REMOVED.format(missing=given.missing)) if given.missing else found


def handed_out(course: Path, assignment: Assignment) -> HandedOut:
    """Stub and handout of an assignment; the stub as it is made of the solution."""
    solution = course / "solutions" / assignment.name / f"{assignment.module}.py"
    handout = assignment.folder / "handout.md"
    text = _read(handout) if handout.is_file() else ""
    if not solution.is_file():
        return HandedOut("", text, f"there is no {solution}")
    return HandedOut(make_stub(_read(solution), solution), text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None


class _Sources(Mapping[str, Mapping[str, bytes]]):
    """The files of a run's submissions by slug, loaded when they are asked for."""

    def __init__(self, book: Gradebook, run: int):
        self._book = book
        last: dict[str, tuple[int, str, str]] = {}  # by person: attempt, slug, content
        for entry in book.entries(run):
            summary = entry.summary
            if entry.content and summary.attempt >= last.get(summary.person, (0, "", ""))[0]:
                last[summary.person] = (summary.attempt, summary.slug, entry.content)
        self._contents = {slug: content for _, slug, content in last.values()}

    def __getitem__(self, slug: str) -> Mapping[str, bytes]:
        return self._book.source(self._contents[slug])

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)
