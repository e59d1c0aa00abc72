"""Answers as notebooks: the released notebook with an answer's code in its cells, as somebody hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from autograder.core.assignment import Assignment
from autograder.errors import AssignmentError
from autograder.release.notebook import notebook_files
from autograder.release.sections import handout_sections, stub_parts

_FORMAT: Any = nbformat  # it has no types
_PREAMBLE = "preamble"


class Notebooks:
    """Makes notebooks of one assignment.

    Args:
        course: its folder.
        assignment: what students receive as a notebook.

    Raises:
        AssignmentError, MarkerError, LeakError: it can't be released as a notebook.
    """

    def __init__(self, course: Path, assignment: Assignment):
        self._assignment = assignment
        self._released = notebook_files(course, assignment)[f"{assignment.module}.ipynb"].decode()

    def filled(self, source: str) -> bytes:
        """The released notebook with an answer in it.

        An answer whose code can't stand in the order of the questions (one class needs another one that comes later)
        has all of it in the first cell: a student may write it where he likes.
        """
        notebook = _FORMAT.reads(self._released, as_version=4)
        cells = {cell.id: cell for cell in notebook.cells}
        for place, code in self._code(source, set(cells)).items():
            cells[place].source = code
        return str(_FORMAT.writes(notebook)).encode()

    def _code(self, source: str, cells: set[str]) -> Mapping[str, str]:
        """The code for each cell, by the cell's id; a question without a cell of its own has its code in the last."""
        places = {name: f"question-{number}-code" for number, name in enumerate(self._questions, start=1)}
        code = {_PREAMBLE: "", **{place: "" for place in places.values() if place in cells}}
        try:
            parts = stub_parts(source, self._sections, self._order)
        except AssignmentError:
            return {**code, _PREAMBLE: source}
        code[_PREAMBLE], last = parts.preamble, _PREAMBLE
        for name in self._order:
            last = places[name] if places[name] in code else last
            code[last] = f"{code[last]}\n\n\n{parts.code[name]}".strip("\n")
        return code

    @cached_property
    def _sections(self) -> Any:
        handout = (self._assignment.folder / "handout.md").read_text(encoding="utf-8")
        return handout_sections(handout, self._assignment.questions)

    @property
    def _questions(self) -> list[str]:
        return [question.name for question in self._assignment.questions]

    @cached_property
    def _order(self) -> list[str]:
        """The questions as the notebook has them."""
        spoken_of = (name for section in self._sections for name in section.questions)
        return list(dict.fromkeys([*spoken_of, *self._questions]))
