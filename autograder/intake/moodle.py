"""Moodle's "Download all submissions": a folder for each student, or all files in one folder.

``Ann Lee_4211_assignsubmission_file_/tiny.py`` is the file of the participant 4211; newer versions leave out the last
underscore. Without folders it is ``Ann Lee_4211_assignsubmission_file_tiny.py``. Text that was typed in lies in
``…_assignsubmission_onlinetext_/onlinetext.html``, and classes graded anonymously have ``Participant_4211_…``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.intake.handed import Handed, Layout, capped, nobodys
from autograder.intake.items import Item, by_first_name
from autograder.intake.names import shown

_NAME = re.compile(
    r"(?P<name>.+?)_(?P<id>\d{1,18})_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL | re.IGNORECASE
)


def recognise(items: Sequence[Item], module: str) -> Layout | None:
    """The class, if most of these names are as Moodle makes them."""
    found: dict[str, list[Item]] = {}
    names: dict[str, str] = {}
    typed: set[str] = set()
    others: list[Item] = []
    for first, group in by_first_name(items).items():
        match = _NAME.fullmatch(first)
        if match is not None:
            who = match["id"]
            names.setdefault(who, match["name"])
            mine = found.setdefault(who, [])
            if match["kind"].lower() == "file":
                mine += [_own(item, match["file"] or "") for item in group if _is_content(item)]
            elif any(not item.folder for item in group):
                typed.add(who)
        else:
            others += group
    lines = nobodys(others, "not named as Moodle names what students hand in")
    if len(found) <= len(lines):
        return None
    handed = [_handed(who, names[who], mine, typed=who in typed) for who, mine in found.items()]
    lines += [f"{shown(names[who])}: text typed into Moodle; the file is graded" for who in typed if found[who]]
    return Layout("Moodle download", tuple(handed), tuple(lines))


def _is_content(item: Item) -> bool:
    return len(item.path) > 1 or not item.folder


def _own(item: Item, file: str) -> Item:
    return item.below(1) if len(item.path) > 1 else item.renamed(file or item.name)


def _handed(who: str, name: str, items: list[Item], *, typed: bool) -> Handed:
    anonymous = name.casefold() == "participant"
    return Handed(
        f"{name} {who}" if anonymous else name,
        capped(items),
        (who, f"{name} {who}") if anonymous else (who, name),
        who,
        problem="handed in as text typed into Moodle; a .py or .ipynb file is graded" if typed and not items else None,
    )
