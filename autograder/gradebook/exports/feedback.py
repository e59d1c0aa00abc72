"""A zip of the students' feedback, named so that Canvas hands each file to its student.

Canvas takes the zip back that it made of the submissions ("Upload submissions" in the menu of an assignment): it reads
the numbers of student and file from each name (``doejane_LATE_12345_67890_tiny.py``), makes the file a comment for
that student, and leaves aside what has no numbers that it knows. So the names come from the download; where that isn't
given, or does not say for sure which of its files are a student's, files are named by student.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.core.decimals import plain_decimal
from autograder.course.final import Final
from autograder.errors import GradebookError
from autograder.gradebook.exports.marks import Marks
from autograder.gradebook.exports.writing import whole_file
from autograder.gradebook.model import Entry, Summary
from autograder.intake.roster import Person, Roster

_NEVER = (1980, 1, 1, 0, 0, 0)  # a zip's times begin here; the same feedback is the same bytes
_MOST_NAMES = 100_000
Page = Callable[[Entry, Final], str]


@dataclass(frozen=True)
class Original:
    """A file that Canvas let download.

    Attributes:
        student: the name in one word, the family name first.
        number: of the student.
        prefix: the name up to the number of the file.
    """

    student: str
    number: str
    prefix: str


def write_feedback(marks: Marks, path: Path, *, page: Page | None, originals: Path | None) -> tuple[int, int]:
    """Write the zip; returns how many students are in it, and how many of them by a name that Canvas knows.

    Args:
        page: makes a student's page in HTML; None: the text alone goes.
        originals: the download of the submissions, as zip or unpacked.

    Raises:
        GradebookError: ``originals`` is neither.
    """
    prefixes = _prefixes(marks, _names(originals)) if originals is not None else {}
    students, known = 0, set[str]()
    with whole_file(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for final, entry in marks.entries():
            person = entry.summary.person
            name = f"{prefixes[person]}_feedback" if person in prefixes else entry.summary.slug
            if person in known:  # where all attempts count
                name += f"-{entry.summary.attempt}"
            for suffix, data in _files(marks, final, entry, page):
                archive.writestr(_info(f"{name}{suffix}"), data)
            students += 1
            known |= {person} & prefixes.keys()
    return students, len(known)


def original_of(name: str) -> Original | None:
    """What Canvas reads in the name of a file of its download, None where it would read nothing.

    It takes the first two parts that are digits alone, whatever else underscores separate. What was handed in as a link
    has no file to answer to.
    """
    *parts, last = PurePosixPath(name).name.split("_")
    numbers = [index for index, part in enumerate(parts) if part.isascii() and part.isdecimal()]
    if parts[:1] == ["anon"] and numbers:  # graded without names: anon, a code for the student, the file's number
        numbers.insert(0, 1)
    if len(numbers) < 2 or parts[0] == "." or last.startswith("link"):
        return None
    student = parts[: numbers[0]] if parts[0] != "anon" else parts[:2]
    if student[-1:] == ["LATE"]:
        student.pop()
    return Original("_".join(student), parts[numbers[0]], "_".join(parts[: numbers[1] + 1]))


def _prefixes(marks: Marks, names: Iterable[str]) -> dict[str, str]:
    """For each student what the name of one of the student's files in the download begins with.

    The name must fit, not the number alone: the identities of this class may be another kind of number, and nobody may
    get the feedback of somebody else. So nobody is given the files of two numbers either.
    """
    people = {final.summary.person: _person(final.summary) for final in marks.finals}
    owners = {person: key for key, person in people.items()}
    everyone = Roster(people.values())
    found: dict[str, list[Original]] = {}
    for original in filter(None, map(original_of, sorted(names))):
        numbered = people.get(original.number)
        fits = numbered is not None and Roster([numbered]).find([original.student]) is not None
        owner = numbered if fits else everyone.find([original.student])
        if owner is not None:
            found.setdefault(owners[owner], []).append(original)
    return {key: own[0].prefix for key, own in found.items() if len({each.number for each in own}) == 1}


def _person(summary: Summary) -> Person:
    return Person(summary.student, summary.identity)


def _names(originals: Path) -> list[str]:
    """The names in a download; nothing is unpacked."""
    if originals.is_dir():
        return [path.name for path in originals.iterdir()]
    try:
        with zipfile.ZipFile(originals) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise GradebookError(f"{originals}: no zip of submissions: {error}") from None
    if len(names) > _MOST_NAMES:
        raise GradebookError(f"{originals}: {len(names)} files; no class is that large")
    return names


def _files(marks: Marks, final: Final, entry: Entry, page: Page | None) -> Iterator[tuple[str, bytes]]:
    from autograder.grading.feedback import escaped, feedback_markdown

    text = feedback_markdown(entry.record, marks.assignment.title, hidden=marks.assignment.report.hidden)
    if final.deduction and final.score is not None:
        text += f"\n**{plain_decimal(final.score)} points count**: {escaped(final.note)}.\n"
    yield ".md", text.encode()
    if page is not None:
        yield ".html", page(entry, final).encode()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _NEVER)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
