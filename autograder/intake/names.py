"""Names of strangers' files and of students: shown on one line, told apart, and made into names of files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from autograder.core.text import plain_text
from autograder.intake.model import Submission

IGNORED = re.compile(r"(?i)\..*|__pycache__|__MACOSX|.*\.pyc|thumbs\.db|desktop\.ini")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names that Windows keeps for itself
# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
    | {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe"}
)
_PART_BYTES, _PATH_BYTES, _DEPTH = 255, 1024, 12  # of one name, of all together, and how many of them
_LISTED = 5


def shown(name: str) -> str:
    """A name as one short line without surprises."""
    return " ".join(plain_text(name.encode("utf-8", "replace").decode(), 80).split()) or "(no name)"


def listed(names: Iterable[str]) -> str:
    """Some names, and how many more there are."""
    every = sorted(names)
    text = ", ".join(shown(name) for name in every[:_LISTED])
    return text + (f" and {len(every) - _LISTED} more" if len(every) > _LISTED else "")


def unmarked(text: str) -> str:
    """``text`` in ASCII as far as its letters have a plain form; the others are gone."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN_LETTERS))
    return plain.encode("ascii", "ignore").decode()


def looks(text: str) -> str:
    """A key that names share which a person, or a file system, may take for the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def split_path(name: str) -> tuple[tuple[str, ...], str | None]:
    """The parts of a path in an archive, and what is wrong with it, in words that complete "it is not taken: …".

    A path that leads elsewhere has no parts; as a whole, in quotes, it stands for itself.
    """
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return (f"'{shown(name)}'",), "its name is an absolute path"
    if ".." in parts:
        return (f"'{shown(name)}'",), "its name leads out of the archive"
    return parts or ("(no name)",), _flaw(parts)


def _flaw(parts: tuple[str, ...]) -> str | None:
    if not parts:
        return "it has no name"
    if len(parts) > _DEPTH:
        return f"it lies more than {_DEPTH} folders deep"
    sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if max(sizes) > _PART_BYTES or sum(sizes) > _PATH_BYTES:
        return "its name is too long"
    if any(unicodedata.category(character) in ("Cc", "Cs") for part in parts for character in part):
        return "its name holds control characters"
    if any(_DEVICES.fullmatch(part) for part in parts[-1:]):
        return "its name is a device's on Windows"
    return None


def named_apart(submissions: Sequence[Submission]) -> Iterator[Submission]:
    """Submissions with names that differ, and a slug each; attempts of one student share the name."""
    attempts = {(item.identity, item.attempt) for item in submissions if item.identity}
    several = {person for person, count in Counter(person for person, _ in attempts).items() if count > 1}
    taken: dict[str, int] = {}
    for submission in _told_apart(submissions):
        slug = re.sub(r"[^A-Za-z0-9._-]+", "_", unmarked(submission.student)).strip("._-")[:60] or "student"
        if _DEVICES.fullmatch(slug):
            slug = f"student_{slug}"
        if submission.identity in several:
            slug = f"{slug}_attempt{submission.attempt}"
        yield replace(submission, slug=_unique(slug, taken))


def _unique(slug: str, taken: dict[str, int]) -> str:
    count = taken[slug.casefold()] = taken.get(slug.casefold(), 0) + 1
    while count > 1 and f"{slug}-{count}".casefold() in taken:
        count += 1
    unique = slug if count == 1 else f"{slug}-{count}"
    taken.setdefault(unique.casefold(), 1)
    return unique


def _told_apart(submissions: Iterable[Submission]) -> Iterator[Submission]:
    """Submissions whose shown names are all different: rows of a table must not be taken for one another."""
    owners: dict[str, str | int] = {}  # by name
    for number, submission in enumerate(submissions):
        owner = submission.identity or number
        name, count = submission.student, 1
        while owners.setdefault(unicodedata.normalize("NFKC", name), owner) != owner:
            count += 1
            name = f"{submission.student} ({count})"
        yield replace(submission, student=name)
