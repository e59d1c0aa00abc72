"""Finding the submissions in what a grader has: one folder or file a student, or a single file.

Nothing of a submission is parsed here: files are looked at from outside (regular, small enough, no links) and copied
byte by byte. What can't be graded is kept, with one line that says why; what is no submission is listed as left out.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autograder.core.text import plain_text
from autograder.errors import IntakeError
from autograder.intake.model import Intake, Submission

SUFFIXES = (".py", ".ipynb")
MAX_BYTES = 10 * 2**20  # of any one file
MAX_FILES = 50  # of one student
_IGNORED = re.compile(r"(?i)\..*|__pycache__|__MACOSX|.*\.pyc|thumbs\.db|desktop\.ini")
# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
    | {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"}
)
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for itself
_NO_CANDIDATE = re.compile(r"conftest\.py|setup\.py|test_.*\.py|.*_test\.py|__init__\.py")


def find_submissions(path: Path, module: str) -> Intake:
    """Look through ``path`` for submissions of the assignment whose module is ``module``.

    Raises:
        IntakeError: the path does not exist, or holds no submission at all.
    """
    if not (path.is_dir() or path.is_file()):
        raise IntakeError(f"{path}: no such file or folder with submissions")
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise IntakeError(f"{path}: a submission is a .py or .ipynb file, or a folder of them")
        # A link that the grader names is meant; links inside a class are the students', and never followed.
        return Intake(tuple(_with_slugs([_of_files(_shown(path.stem), [path.resolve()], module)])))
    found: list[Submission] = []
    left_out: list[str] = []
    for name, entries in _grouped(path, left_out):
        if len(entries) == 1 and entries[0].is_dir():
            found.append(_of_folder(_shown(name), entries[0], module))
        else:
            found.append(_of_files(_shown(name), entries, module))
    if not found:
        raise IntakeError(f"{path}: no submissions in it; expected one folder, .py or .ipynb file a student")
    return Intake(tuple(_with_slugs(found)), tuple(left_out))


def read_regular(path: Path) -> bytes:
    """The bytes of a regular file; never follows a link.

    Raises:
        IntakeError: it is no regular file, too large, or can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise IntakeError(f"{_shown(path.name)}: can't be read: {error.strerror}") from None
    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise IntakeError(f"{_shown(path.name)}: not a regular file")
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise IntakeError(f"{_shown(path.name)}: larger than {MAX_BYTES // 2**20} MiB")
    return data


def _grouped(path: Path, left_out: list[str]) -> Iterator[tuple[str, list[Path]]]:
    """Entries by student: a folder alone, or files of one stem."""
    groups: dict[str, list[Path]] = {}
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
        if _IGNORED.fullmatch(entry.name):
            continue
        if entry.is_symlink():
            left_out.append(f"{_shown(entry.name)}: a link; links are not followed")
        elif entry.is_dir():
            groups[f"{entry.name}/"] = [entry]
        elif entry.suffix in SUFFIXES and entry.is_file():
            groups.setdefault(entry.stem, []).append(entry)
        else:
            left_out.append(f"{_shown(entry.name)}: neither a folder nor a .py or .ipynb file")
    for name, entries in sorted(groups.items()):
        yield name.rstrip("/"), entries


def _of_folder(student: str, folder: Path, module: str) -> Submission:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not _IGNORED.fullmatch(entry.name))
        files = [entry for entry in entries if entry.suffix in SUFFIXES and not entry.is_symlink() and entry.is_file()]
    except OSError as error:
        return _problem(student, f"the folder can't be read: {error.strerror}")
    links = [entry for entry in entries if entry.is_symlink() and entry.suffix in SUFFIXES]
    if not files and links:
        return _problem(student, f"{_shown(links[0].name)} is a link; hand in the file itself")
    return _of_files(student, files, module, others=[entry.name for entry in entries])


def _of_files(student: str, files: list[Path], module: str, others: list[str] | None = None) -> Submission:
    named = [file for file in files if file.stem == module]
    candidates = named or [file for file in files if not _NO_CANDIDATE.fullmatch(file.name)]
    expected = f"{module}.py or {module}.ipynb"
    if not candidates:
        held = f"; the folder holds {_listed(others)}" if others else ""
        return _problem(student, f"no file to grade: expected {expected}{held}")
    if len(candidates) > 1:
        names = _listed([file.name for file in candidates])
        return _problem(student, f"two candidate files or more ({names}): keep one of {expected}")
    main = candidates[0]
    helpers = [file for file in files if file != main and file.suffix == ".py"]
    if len(helpers) >= MAX_FILES:
        return _problem(student, f"{len(files)} files, more than {MAX_FILES}: hand in {expected} alone")
    # A file that a grader's export named after its student needs no remark.
    note = None if named or others is None else f"graded {_shown(main.name)}, since there is no {expected}"
    return Submission(student, "", (main, *helpers), note=note)


def _problem(student: str, text: str) -> Submission:
    return Submission(student, "", problem=text)


def _listed(names: list[str]) -> str:
    shown = ", ".join(_shown(name) for name in sorted(names)[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _shown(name: str) -> str:
    """A file's name as one short line without surprises."""
    return " ".join(plain_text(name.encode("utf-8", "replace").decode(), 80).split()) or "(no name)"


def _told_apart(submissions: list[Submission]) -> Iterator[Submission]:
    """Submissions whose shown names are all different: rows of a table must not be taken for one another."""
    seen: set[str] = set()
    for submission in submissions:
        name, count = submission.student, 1
        while unicodedata.normalize("NFC", name) in seen:
            count += 1
            name = f"{submission.student} ({count})"
        seen.add(unicodedata.normalize("NFC", name))
        yield replace(submission, student=name)


def _with_slugs(submissions: list[Submission]) -> Iterator[Submission]:
    taken: dict[str, int] = {}
    for submission in _told_apart(submissions):
        plain = unicodedata.normalize("NFKD", submission.student.translate(_PLAIN_LETTERS))
        ascii_name = plain.encode("ascii", "ignore").decode()
        slug = re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_name).strip("._-")[:60] or "student"
        if _DEVICES.fullmatch(slug):
            slug = f"student_{slug}"
        count = taken[slug.casefold()] = taken.get(slug.casefold(), 0) + 1
        while count > 1 and f"{slug}-{count}".casefold() in taken:
            count += 1
        unique = slug if count == 1 else f"{slug}-{count}"
        taken.setdefault(unique.casefold(), 1)
        yield replace(submission, slug=unique)
