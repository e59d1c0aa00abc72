"""Files that no artefact may hold, whatever is in them, and files that nobody can look into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import autograder
from autograder.release.contents import NOTEBOOK, Entry, parsed_json, text_of

_COMPILED = re.compile(r"__pycache__|.*\.(py[cod]|so(\.\d+)*|dylib|dll|exe|o|a|class)", re.IGNORECASE)
_EDITORS = re.compile(
    r".*~|#.*#|\.#.*|.*\.(sw[a-p]|bak|orig|rej|tmp|code-workspace)|\.DS_Store|\._.*|__MACOSX|Thumbs\.db|desktop\.ini"
    r"|\.ipynb_checkpoints|\.idea|\.vscode|\.vs|\.spyproject|\.directory",
    re.IGNORECASE,
)
_GIT = re.compile(r"\.git|\.gitmodules|\.git-credentials|\.hg|\.svn", re.IGNORECASE)
_CACHES = re.compile(
    r"\.(pytest|mypy|ruff)_cache|\.hypothesis|\.venv|venv|\.tox|\.nox|.*\.egg-info|\.coverage(\..*)?|\.env",
    re.IGNORECASE,
)
_STAFF = re.compile(r"solutions|mutants|variants")
_BY_NAME = (
    (_COMPILED, "a compiled file"),
    (_EDITORS, "an editor's or file manager's file"),
    (_GIT, "data of version control"),
    (_CACHES, "what a tool left behind"),
    (_STAFF, "a folder of solutions"),
)
_IMAGES = {".png": b"\x89PNG", ".jpg": b"\xff\xd8", ".jpeg": b"\xff\xd8", ".gif": b"GIF8", ".webp": b"RIFF"}
_PROSE = (".md", NOTEBOOK)
_IN_WHEEL = re.compile(r"autograder(-[^/]*\.dist-info)?/.+")
# What a grading tool keeps tests in: otter (`tests`), nbgrader (a cell's points and checksum), both by other names.
_HOLDS_TESTS = re.compile(r"tests?|test_?cases?|hidden(_tests?)?|nbgrader|ok_?tests?", re.IGNORECASE)


def unfit(entry: Entry) -> Iterator[str]:
    """What is wrong with a file as such, each with what to do about it; nothing for one that may go out."""
    for part in PurePosixPath(entry.name).parts:
        for pattern, what in _BY_NAME:
            if pattern.fullmatch(part):
                yield f"{what} ({part}); leave it out"
                return
    if entry.in_wheel and not _IN_WHEEL.fullmatch(entry.name):
        yield "in a wheel and no part of the engine; build the wheel from autograder/ alone"
    elif entry.inner is None and text_of(entry.data) is None:
        if (reason := _unreadable(entry)) is not None:
            yield reason
    elif entry.name.endswith(NOTEBOOK):
        yield from _unfit_notebook(entry.data)


def is_engines_own(data: bytes) -> bool:
    """Whether a file is one of the engine's sources, byte for byte: they are public, markers and all."""
    return data in _engine_files()


@cache
def _engine_files() -> frozenset[bytes]:
    folder = Path(autograder.__file__).parent
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return frozenset(path.read_bytes() for path in paths)


def _unreadable(entry: Entry) -> str | None:
    """Why a file that is no text may not go out; None for a picture that the handout shows."""
    signature = _IMAGES.get(PurePosixPath(entry.name).suffix.lower())
    if signature is None:
        return "neither text, a zip archive nor a picture, so nobody can see what it gives away; leave it out"
    if not entry.data.startswith(signature):
        return "named as a picture, but none; leave it out"
    prose = [text_of(data) or "" for name, data in entry.beside.items() if name.endswith(_PROSE)]
    if not any(PurePosixPath(entry.name).name in text for text in prose):
        return "a picture that no handout beside it shows; leave it out, or refer to it"
    return None


def _unfit_notebook(data: bytes) -> Iterator[str]:
    notebook = parsed_json(text_of(data) or "")
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        yield "no notebook of format 4; write it with nbformat"
        return
    yield from _tests_in(notebook.get("metadata"), "the notebook's metadata")
    for number, cell in enumerate(notebook["cells"], start=1):
        if not isinstance(cell, dict):
            continue
        if cell.get("outputs"):
            yield f"cell {number} has outputs; clear them"
        if cell.get("execution_count") is not None:
            yield f"cell {number} has an execution count; clear it"
        yield from _tests_in(cell.get("metadata"), f"the metadata of cell {number}")


def _tests_in(metadata: Any, where: str) -> Iterator[str]:
    """Tests, or a grading tool's record of them, anywhere in metadata."""
    if isinstance(metadata, dict):
        for key, value in metadata.items():
            if _HOLDS_TESTS.fullmatch(key) and value not in (None, False, "", [], {}):
                yield f"{where} holds tests (`{key}`), which everybody can read; take them out"
            else:
                yield from _tests_in(value, where)
    elif isinstance(metadata, list):
        for value in metadata:
            yield from _tests_in(value, where)
