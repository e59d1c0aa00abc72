"""Canvas's "Download submissions": files of the whole class in one folder, with who and when in their names.

``leeann_LATE_4211_90017_tiny-1.py`` is the file tiny.py of the user 4211 (Lee, Ann), handed in late, as the second of
that name that she handed in; 90017 counts uploads. Text that was typed in comes as ``leeann_4211_text.html``, and
classes graded anonymously as ``anon_k3JpW_90017_tiny.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.intake.handed import Handed, Layout, capped, nobodys
from autograder.intake.items import MODULE_SUFFIXES, Item

_LATE = r"_(?:(?P<late>LATE)_)?"
_PATTERNS = (
    re.compile(rf"(?P<name>anon_(?P<user>[A-Za-z0-9]{{5}})){_LATE}(?P<upload>\d{{1,18}})_(?P<file>.+)", re.DOTALL),
    re.compile(rf"(?P<name>.+?){_LATE}(?P<user>\d{{1,18}})_(?P<upload>\d{{1,18}})_(?P<file>.+)", re.DOTALL),
    re.compile(rf"(?P<name>.+?){_LATE}(?P<user>\d{{1,18}})_(?P<file>text\.html)", re.DOTALL),
)
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<again>[1-9]\d{0,2})")


@dataclass(frozen=True)
class _Upload:
    """One file, and what its name says."""

    item: Item
    name: str
    user: str
    number: int
    late: bool
    again: int = 0


def recognise(items: Sequence[Item], module: str) -> Layout | None:
    """The class, if most of these files are named as Canvas names them."""
    uploads: dict[str, list[_Upload]] = {}
    others = []
    for item in items:
        upload = _upload(item) if len(item.path) == 1 and not item.folder else None
        if upload is None:
            others.append(item)
        else:
            uploads.setdefault(upload.user, []).append(upload)
    lines = nobodys(others, "not named as Canvas names what students hand in")
    if sum(map(len, uploads.values())) <= len(lines):
        return None
    handed = [each for user in uploads.values() for each in _attempts(user, module)]
    return Layout("Canvas download", tuple(handed), tuple(lines))


def _upload(item: Item) -> _Upload | None:
    for pattern in _PATTERNS:
        found = pattern.fullmatch(item.name)
        if found is not None:
            number = int(found.groupdict().get("upload") or 0)
            return _Upload(
                item.renamed(found["file"]), found["name"], found["user"], number, late=found["late"] is not None
            )
    return None


def _attempts(uploads: list[_Upload], module: str) -> Iterator[Handed]:
    """What one student handed in: once, or as often as there are versions of the file that is asked for."""
    uploads = [_named_again(upload, uploads, module) for upload in sorted(uploads, key=lambda each: each.number)]
    versions = [each for each in uploads if each.item.stem == module and each.item.suffix in MODULE_SUFFIXES]
    if len({each.item.name for each in versions}) != 1:  # none, or two kinds of file, which is for the student to mend
        yield _handed(uploads, 1)
        return
    others = [each for each in uploads if each not in versions]
    for position, version in enumerate(versions):
        following = versions[position + 1].number if position + 1 < len(versions) else None
        beside = {each.item.name: each for each in others if following is None or each.number < following}
        yield _handed([version, *beside.values()], max(version.again, position) + 1)


def _named_again(upload: _Upload, uploads: list[_Upload], module: str) -> _Upload:
    """With the name that the file had on the student's machine.

    Canvas adds -1, -2, … to a name that the student used before. So might the student: the mark is taken off only
    where that leaves the name that is asked for, or a module's name that no other file of the student has.
    """
    item = upload.item
    found = _AGAIN.fullmatch(item.stem)
    if found is None or item.suffix not in MODULE_SUFFIXES:
        return upload
    name = found["stem"] + item.suffix
    kin = [each for each in uploads if each.item.suffix == item.suffix and _root(each.item.stem) == found["stem"]]
    if found["stem"] != module and (len(kin) > 1 or not found["stem"].isidentifier()):
        return upload
    return _Upload(item.renamed(name), upload.name, upload.user, upload.number, upload.late, int(found["again"]))


def _root(stem: str) -> str:
    found = _AGAIN.fullmatch(stem)
    return found["stem"] if found is not None else stem


def _handed(uploads: Sequence[_Upload], attempt: int) -> Handed:
    first = uploads[0]
    texts = [each for each in uploads if each.item.name == "text.html" and each.number == 0]
    only_text = len(texts) == len(uploads)
    return Handed(
        first.name,
        capped(each.item for each in uploads),
        (first.user, first.name),
        first.user,
        attempt,
        marked_late=any(each.late for each in uploads),
        problem="handed in as text typed into Canvas; a .py or .ipynb file is graded" if only_text else None,
    )
