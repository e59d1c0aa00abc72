"""Gradescope's export of submissions: ``submission_metadata.yml`` beside a folder for each submission.

The YAML is written by Ruby: keys with a colon before them, times as text or as an object of Ruby's, everything that an
autograder ever printed in between. It is read as a stream of events in a locked child, and only what is asked for is
kept: who, when, and which attempts came before.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from autograder.core.locked import Bounds, LockedError, run_locked
from autograder.errors import IntakeError
from autograder.intake.handed import Handed, Layout, capped, nobodys
from autograder.intake.items import Item, by_first_name
from autograder.intake.names import shown

METADATA = "submission_metadata.yml"
_BOUNDS = Bounds(seconds=300, memory_mb=1024, reply_mb=64)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?")
_MOST_SUBMITTERS = 50
_LONGEST = 300  # of a text that is kept


def metadata_of(items: Sequence[Item]) -> Item | None:
    """The file that makes it an export of Gradescope's."""
    return next((item for item in items if item.path == (METADATA,) and not item.folder and not item.problem), None)


def read_metadata(stream: BinaryIO) -> dict[str, Any]:
    """What the metadata say, by the name of the submission's folder.

    Raises:
        IntakeError: they can't be read.
    """
    if importlib.util.find_spec("yaml") is None:
        raise IntakeError(f"{METADATA}: reading it takes PyYAML; install autograder[grade]")
    try:
        found = run_locked(wanted_of_yaml, None, files=[stream], bounds=_BOUNDS)
    except LockedError as error:
        raise IntakeError(f"{METADATA}: reading it {error}") from None
    return {name: value for name, value in found.items() if isinstance(value, dict)}


def arrange(items: Sequence[Item], metadata: Mapping[str, Any]) -> Layout:
    """The class: what lies in the folders, by what the metadata say of them."""
    folders = by_first_name(item for item in items if item.path != (METADATA,))
    handed: list[Handed] = []
    earlier: dict[str, tuple[Mapping[str, Any], int, Any]] = {}
    for name, entry in metadata.items():
        history = _history(entry, name)
        handed += _handed(entry, name, folders.pop(name, None), len(history) + 1, entry.get("created_at"))
        earlier.update({folder: (entry, place, when) for place, (folder, when) in enumerate(history, start=1)})
    nobody: list[Item] = []
    for name, group in folders.items():
        if name in earlier:
            entry, attempt, when = earlier[name]
            handed += _handed(entry, name, group, attempt, when)
        else:
            nobody += group
    return Layout("Gradescope export", tuple(handed), tuple(nobodys(nobody, f"not in {METADATA}")))


def parse_time(text: object) -> datetime | None:
    """A time as Ruby writes it, with its zone; UTC where it names none; None when it is no time."""
    found = _TIME.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    fraction = (fraction or ".").ljust(7, "0")
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone if len(zone) > 3 else f"{zone}:00"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{fraction}{offset}")
    except ValueError:
        return None


def _handed(
    entry: Mapping[str, Any], folder: str, group: Sequence[Item] | None, attempt: int, when: object
) -> Iterator[Handed]:
    """One for each of those who submitted it together."""
    problem = None if group is not None else f"the export holds no folder {shown(folder)}"
    items = capped(item.below(1) for item in group or () if len(item.path) > 1)
    people = entry.get("submitters")
    known = [person for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    for person in known[:_MOST_SUBMITTERS] or [{}]:
        tokens = tuple(text for key in ("sid", "email", "name") if isinstance(text := person.get(key), str) and text)
        name = person.get("name")
        yield Handed(
            name if isinstance(name, str) and name else folder,
            items,
            tokens,
            tokens[0] if tokens else folder,
            attempt,
            parse_time(when["utc"] if isinstance(when, dict) and "utc" in when else when),
            problem=problem,
        )


def _history(entry: Mapping[str, Any], name: str) -> list[tuple[str, object]]:
    """The attempts before this one, oldest first: the name that the folder would have, and when it came."""
    history = entry.get("history")
    found = []
    for each in history if isinstance(history, list) else []:
        if isinstance(each, dict) and f"submission_{each.get('id')}" != name:
            found.append((f"submission_{each.get('id')}", each.get("created_at")))
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda pair: (parse_time(pair[1]) or oldest, pair[0]))


# --- in the child -------------------------------------------------------------------------------------------------

_WANTED = frozenset({"submitters", "created_at", "history", "id", "name", "sid", "email", "utc"})


def wanted_of_yaml(request: None, stream: BinaryIO) -> dict[str, Any]:
    """The wanted values of the metadata, all scalars as texts.

    Raises:
        IntakeError: it is no YAML, or of another form.
    """
    import yaml  # an extra; looked for before the child is started

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = _Wanted(yaml.parse(stream, Loader=loader)).of_document()
    except (yaml.YAMLError, UnicodeDecodeError, StopIteration) as error:
        raise IntakeError(f"found that it is no YAML ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise IntakeError("found no submissions in it")
    return found


class _Wanted:
    """Builds values from YAML's events. Aliases, by which a small file becomes a huge one, stand for nothing."""

    def __init__(self, events: Iterator[Any]):
        self._events = events

    def of_document(self) -> Any:
        """The first document's value; of the mapping at the top every key is kept."""
        for event in self._events:
            kind = type(event).__name__
            if kind not in ("StreamStartEvent", "DocumentStartEvent"):
                return self._value(event, every_key=True)
        return None

    def _value(self, event: Any, *, every_key: bool = False) -> Any:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            return event.value[:_LONGEST]
        if kind == "MappingStartEvent":
            return self._mapping(every_key=every_key)
        if kind == "SequenceStartEvent":
            found = []
            while type(item := next(self._events)).__name__ != "SequenceEndEvent":
                found.append(self._value(item))
            return found
        return None

    def _mapping(self, *, every_key: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(key := next(self._events)).__name__ != "MappingEndEvent":
            name = self._value(key)
            name = name.lstrip(":") if isinstance(name, str) else None
            value = next(self._events)
            if name is not None and (every_key or name in _WANTED):
                found.setdefault(name, self._value(value))
            else:
                self._skip(value)
        return found

    def _skip(self, event: Any) -> None:
        depth = 0
        while True:
            kind = type(event).__name__
            depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
            if depth <= 0:
                return
            event = next(self._events)
