"""Reading strangers' sources in a locked child: what crosses back are numbers, or lines of plain text.

Submissions go in groups, since a child takes a moment to start. A group that breaks its child is halved until the one
is found that did it; that one is left out, the others are read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from autograder.core.locked import Bounds, LockedError, run_locked
from autograder.similarity.model import Text
from autograder.similarity.reading import MAX_FILE, MAX_LINES, MAX_TOKENS, one_row, own_units, read_submission, received

_GROUP = 128  # submissions of one child
_GROUP_BYTES = 4 * 2**20
_FILES = 20  # of one submission
_BOUNDS = Bounds(seconds=60.0, memory_mb=1024, reply_mb=64)
_BITS = 32  # of a token's number

Sources = Mapping[str, Mapping[str, bytes]]
Numbered = list[tuple[list[int], list[int]]]  # units, each as tokens and their lines


def read_units(sources: Sources, stub: str, handout: str) -> Iterator[tuple[str, Numbered | str]]:
    """Of each submission what its author wrote, as numbers; or why it can't be read."""
    extra = {"stub": stub, "handout": handout}
    for group in _groups(sources):
        for slug, answer in _asked(units_in_child, extra, group):
            yield slug, answer if isinstance(answer, str) else _checked_units(answer)


def read_texts(sources: Sources, slugs: Sequence[str]) -> dict[str, Text]:
    """The texts of some submissions; a note in the place of one that can't be read."""
    texts = {}
    for group in _groups({slug: sources[slug] for slug in slugs}):
        for slug, answer in _asked(texts_in_child, {}, group):
            texts[slug] = Text((f"({answer})",), ()) if isinstance(answer, str) else _checked_text(answer)
    return texts


# --- the child's side ---------------------------------------------------------------------------------------------


def units_in_child(request: dict[str, Any]) -> list[Any]:
    """Tokens and lines of all units of each submission of a request."""
    course = received(request["stub"], request["handout"])
    found = []
    for files in request["submissions"]:
        units = own_units(read_submission(_unpacked(files)), course)
        found.append([[[_number(token.text) for token in unit], [token.line for token in unit]] for unit in units])
    return found


def texts_in_child(request: dict[str, Any]) -> list[Any]:
    """Lines and files of each submission of a request."""
    readings = [read_submission(_unpacked(files)) for files in request["submissions"]]
    return [{"lines": reading.lines, "files": reading.files} for reading in readings]


def _unpacked(files: list[list[str]]) -> dict[str, bytes]:
    return {name: base64.b64decode(data) for name, data in files}


@lru_cache(maxsize=65_536)
def _number(text: str) -> int:
    """A number for a token, the same in every child."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest, "little")


# --- our side -----------------------------------------------------------------------------------------------------


def _groups(sources: Sources) -> Iterator[dict[str, list[list[str]]]]:
    """Submissions as they are sent, by slug: as many at a time as fit."""
    group: dict[str, list[list[str]]] = {}
    size = 0
    for slug in sources:
        files = [
            [name, base64.b64encode(data[:MAX_FILE]).decode()] for name, data in list(sources[slug].items())[:_FILES]
        ]
        group[slug] = files
        size += sum(len(data) for _, data in files)
        if len(group) == _GROUP or size > _GROUP_BYTES:
            yield group
            group, size = {}, 0
    if group:
        yield group


def _asked(
    function: Callable[[dict[str, Any]], list[Any]], extra: dict[str, str], group: dict[str, list[list[str]]]
) -> Iterator[tuple[str, Any]]:
    """The child's answer for each submission of a group, or a text that says why there is none."""
    try:
        answers = run_locked(function, {**extra, "submissions": list(group.values())}, bounds=_BOUNDS)
        if not isinstance(answers, list) or len(answers) != len(group):
            raise LockedError("gave an answer that is none")
    except LockedError as error:
        if len(group) == 1:
            yield next(iter(group)), f"reading it {error}"
            return
        items = list(group.items())
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            yield from _asked(function, extra, dict(half))
        return
    yield from zip(group, answers, strict=True)


def _checked_units(answer: object) -> Numbered | str:
    """The units, when they are what they must be: the child had strangers' bytes in its hands."""
    units: Numbered = []
    for unit in answer if isinstance(answer, list) else []:
        match unit:
            case [[*tokens], [*lines]] if len(tokens) == len(lines) and len(tokens) <= MAX_TOKENS:
                if _are_numbers(tokens, 2**_BITS) and _are_numbers(lines, 2 * MAX_LINES):
                    units.append((tokens, lines))
                    continue
        return "reading it gave an answer that is none"
    return units


def _are_numbers(values: list[Any], limit: int) -> bool:
    return all(type(value) is int and 0 <= value < limit for value in values)


def _checked_text(answer: object) -> Text:
    match answer:
        case {"lines": [*lines], "files": [*files]}:
            plain = tuple(one_row(str(line)) for line in lines[: 2 * MAX_LINES])
            return Text(plain, tuple((one_row(str(name)), int(first)) for name, first in files[:_FILES]))
    return Text(("(reading it gave an answer that is none)",), ())
