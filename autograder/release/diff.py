"""What students will see change between two releases of an assignment, in words: functions, sections, tests, points."""

from __future__ import annotations

import ast
import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.core.assignment import TOML_NAME
from autograder.core.release_mark import is_older
from autograder.errors import AutograderError
from autograder.release.archive import unpack
from autograder.release.build import RELEASE_NAME, Release
from autograder.release.contents import text_of, unzip

_HEADING = re.compile(r"#{1,6}\s+(?P<title>.*)")
_FENCE = re.compile(r"\s*(```|~~~)")
_REST = "what stands outside of functions"
_SHORT = 8  # names in one line; more are counted
_Files = Mapping[str, bytes]


def changes(release: Release, old: Path, *, verbose: bool = False) -> Iterator[str]:
    """Lines for a person: what differs between an archive that students have, and what they would receive now.

    Args:
        old: a student's or a notebook's archive of an earlier release.
        verbose: the changed lines of text files, too.

    Raises:
        AutograderError: ``old`` is no such archive, or one of another assignment.
    """
    before, facts = _earlier(old, release.assignment.name)
    kind = "notebook" if any(name.endswith(".ipynb") for name in before) else "student"
    after = _flat(unpack(release.archives[f"{release.assignment.name}-{kind}.zip"]))
    now = json.loads(after.pop(RELEASE_NAME))
    yield (
        f"{release.assignment.name}: release {facts['version']} ({_short(facts['commit'])}), "
        f"now {now['version']} ({_short(now['commit'])})"
    )
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if not differing:
        yield "  nothing that students have changes"
        return
    for name in differing:
        for line in _of_file(name, before.get(name), after.get(name)):
            yield f"  {name}: {line}"
    if verbose:
        yield from _lines(before, after, differing)
    yield from _warnings(release, facts, before, after)


def _warnings(release: Release, facts: Mapping[str, str], before: _Files, after: _Files) -> Iterator[str]:
    if not is_older(facts["version"], release.assignment.version):
        toml = release.assignment.folder / TOML_NAME
        yield f"warning: this differs from release {facts['version']}; give it a higher version in {toml}"
    stale = [name for name in before.keys() & after.keys() if name.endswith(".whl") and before[name] != after[name]]
    if stale:
        yield "warning: the engine differs, its version does not: pip keeps what students have; raise it"


def _earlier(path: Path, name: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of an earlier release and its release.json."""
    try:
        files = _flat(unzip(path.read_bytes()) or {})
    except FileNotFoundError:
        raise AutograderError(f"{path}: not found; --diff wants the archive of the last release") from None
    try:
        facts = json.loads(files.pop(RELEASE_NAME))
        made = {key: str(facts[key]) for key in ("assignment", "version", "commit")}
        is_older(made["version"], made["version"])
    except (KeyError, TypeError, ValueError):
        raise AutograderError(f"{path}: no archive of a release: it has no {RELEASE_NAME} as releases have") from None
    if made["assignment"] != name:
        raise AutograderError(f"{path}: a release of {made['assignment']}, not of {name}")
    return files, made


def _flat(files: _Files) -> dict[str, bytes]:
    """Files by path within the one folder that an archive holds."""
    return {name.partition("/")[2] if "/" in name else name: data for name, data in files.items()}


def _of_file(name: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    """What became of one file, a line each."""
    if old is None or new is None:
        yield "new" if old is None else "gone"
        return
    before, after = text_of(old), text_of(new)
    if before is None or after is None:
        yield "changed"
    elif name == TOML_NAME:
        yield from _of_settings(tomllib.loads(before), tomllib.loads(after))
    elif name.endswith(".ipynb"):
        yield from _told(_cells(before), _cells(after))
    elif name.startswith("test_") and name.endswith(".py"):
        yield from _of_tests(before, after)
    elif name.endswith(".py"):
        yield from _told(_functions(before), _functions(after))
    elif name.endswith(".md"):
        yield from _told(_sections(before), _sections(after))
    else:
        yield "changed"


def _told(
    old: Mapping[str, str],
    new: Mapping[str, str],
    titles: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Which parts are new, gone or changed.

    Args:
        titles: how people know a part, where its name does not say it.
    """
    for word, names in {
        "new": [name for name in new if name not in old],
        "gone": [name for name in old if name not in new],
        "changed": [name for name in new if name in old and old[name] != new[name]],
    }.items():
        if names:
            more = f" and {len(names) - _SHORT} more" if len(names) > _SHORT else ""
            yield f"{word}: {', '.join(titles.get(name, name) for name in names[:_SHORT])}{more}"


def _of_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Changes of assignment.toml; a table is named, what is one value is shown."""
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, list | dict) or isinstance(after, list | dict):
            yield f"{key} changed"
        else:
            yield f"{key} {'(none)' if before is None else before} -> {'(none)' if after is None else after}"


def _of_tests(before: str, after: str) -> Iterator[str]:
    """Changes of a test file."""
    old, new = _tests(before), _tests(after)
    titles = {name: f'"{test.title}" ({name}, {test.points})' for name, test in (old | new).items()}
    yield from _told(_functions(before), _functions(after), titles)
    for name in new:
        if name in old and old[name].points != new[name].points:
            yield f"{name}: {old[name].points} -> {new[name].points}"


def _functions(source: str) -> dict[str, str]:
    """The source of each function and method by its name, and what remains."""
    lines = source.split("\n")
    parts: dict[str, str] = {}
    rest = list(lines)
    for name, node in _definitions(ast.parse(source)):
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)]) - 1
        parts[name] = "\n".join(lines[first : node.end_lineno])
        rest[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
    return {**parts, _REST: "\n".join(line for line in rest if line.strip())}


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(tree: ast.Module | ast.ClassDef, owner: str = "") -> Iterator[tuple[str, _Function]]:
    """Functions of a module, and methods of its classes, by name."""
    for node in tree.body:
        if isinstance(node, _Function):
            yield f"{owner}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{owner}{node.name}.")


@dataclass(frozen=True)
class _Test:
    title: str
    points: str  # "2 points"


def _tests(source: str) -> dict[str, _Test]:
    """The tests of a file by name."""
    tests = {}
    for name, node in _definitions(ast.parse(source)):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "points" and mark.args:
                worth = ast.unparse(mark.args[0]).strip("'\"")
                title = (ast.get_docstring(node) or name).split("\n")[0].strip()
                tests[name] = _Test(title, f"{worth} point{'' if worth == '1' else 's'}")
    return tests


def _sections(text: str) -> dict[str, str]:
    """The text under each heading of a Markdown file."""
    sections: dict[str, list[str]] = {}
    title, fenced = "the start", False
    for line in text.split("\n"):
        fenced ^= _FENCE.match(line) is not None
        heading = None if fenced else _HEADING.match(line)
        if heading:
            title = f'"{heading["title"].strip()}"'
        sections.setdefault(title, []).append(line)
    return {title: "\n".join(lines) for title, lines in sections.items()}


def _cells(text: str) -> dict[str, str]:
    """The source of each cell of a notebook, by its id and first line."""
    parts: dict[str, str] = {}
    for cell in json.loads(text).get("cells", []):
        source = "".join(cell.get("source", ""))
        start = next((line.strip() for line in source.split("\n") if line.strip()), "")
        parts[f"cell {cell.get('id', len(parts))} ({start[:40]})"] = source
    return parts


def _lines(before: _Files, after: _Files, names: list[str]) -> Iterator[str]:
    for name in names:
        old, new = (text_of(files.get(name, b"")) for files in (before, after))
        if old is not None and new is not None:
            yield from difflib.unified_diff(
                old.splitlines(), new.splitlines(), f"old/{name}", f"new/{name}", lineterm=""
            )


def _short(commit: str) -> str:
    """A commit as people write it."""
    return re.sub(r"^([0-9a-f]{7})[0-9a-f]+", r"\1", commit)
