"""A handout and a stub, cut at the questions: what a notebook puts between its check cells.

A heading of the handout is a question's when it says its title (``## 3. Linear layer · 15 points``) or its name in
backticks (``### 15 `scale_rows_```). Code is a question's when its name contains the question's, else when the
question's section is the first to speak of it, else when it follows such code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

from autograder.core.assignment import Question
from autograder.errors import AssignmentError

_HEADING = re.compile(r"(?P<level>#{1,6}) +(?P<text>.*?) *#*")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_NUMBER = re.compile(r"\d+[.):]? +")
_CHAPTER = 2  # headings up to this level begin a cell
_OPTIMIZED = 0x1  # of a code object: a function's, neither a module's nor a class body's
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Section:
    """A part of the handout under one heading, and the names of the questions that the heading is about."""

    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class StubParts:
    """A stub's text, every line in one place.

    Attributes:
        preamble: imports, and what stands before the first definition.
        code: what belongs to a question, by its name.
    """

    preamble: str
    code: Mapping[str, str]


@dataclass(frozen=True)
class _Part:
    text: str
    node: ast.stmt


def handout_sections(handout: str, questions: Sequence[Question]) -> list[Section]:
    """The handout's sections in order; a question's subsections stay with it.

    Raises:
        AssignmentError: two of them are about the same question.
    """
    sections: list[tuple[list[str], tuple[str, ...]]] = [([], ())]
    level_of_question = 0
    for line, level, title in _with_headings(handout):
        concerned = _questions_of(title, questions)
        if concerned or 0 < level <= max(_CHAPTER, level_of_question):
            sections.append(([], concerned))
            level_of_question = level if concerned else 0
        sections[-1][0].append(line)
    found = [name for _, concerned in sections for name in concerned]
    if repeated := [name for name in found if found.count(name) > 1]:
        raise AssignmentError(f"two headings of the handout are about the question {repeated[0]!r}; rename one")
    texts = (("\n".join(lines).strip("\n"), concerned) for lines, concerned in sections)
    return [Section(text, concerned) for text, concerned in texts if text.strip()]


def _with_headings(handout: str) -> Iterator[tuple[str, int, str]]:
    """Lines with level and text of the heading that each is; 0 and "" for others, those of code blocks included."""
    fence = ""
    for line in handout.split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and opened["fence"].startswith(fence) else fence
        elif opened:
            fence = opened["fence"]
        elif heading := _HEADING.fullmatch(line):
            yield line, len(heading["level"]), heading["text"]
            continue
        yield line, 0, ""


def _questions_of(heading: str, questions: Sequence[Question]) -> tuple[str, ...]:
    title = _NUMBER.sub("", heading, count=1).split(" · ")[0].strip().casefold()
    names = {name.strip("_") for name in re.findall(r"`(\w+)`", heading)}
    return tuple(q.name for q in questions if q.name.strip("_") in names or q.title.casefold() == title)


def stub_parts(stub: str, sections: Sequence[Section], questions: Sequence[str]) -> StubParts:
    """The stub's code by question.

    Args:
        sections: of the handout.
        questions: names, in the order in which the notebook has them.

    Raises:
        AssignmentError: in that order, code would run before what it needs.
    """
    preamble: list[_Part] = []
    code: dict[str, list[_Part]] = {question: [] for question in questions}
    current = preamble
    for part in _parts(stub):
        if isinstance(part.node, _Definition):
            question = _question_of(part.node.name, sections, questions)
            current = code[question] if question is not None else current
        is_import = isinstance(part.node, ast.Import | ast.ImportFrom)
        (preamble if is_import else current).append(part)
    _refuse_use_before_definition([part for parts in (preamble, *code.values()) for part in parts])
    return StubParts(_joined(preamble), {question: _joined(parts) for question, parts in code.items()})


def _parts(stub: str) -> Iterator[_Part]:
    """Top-level statements with the comments above each; what stands below the last one is its own."""
    lines, nodes, start = stub.split("\n"), ast.parse(stub).body, 0
    for node, following in zip(nodes, [*nodes[1:], None], strict=True):
        end = (node.end_lineno or node.lineno) if following is not None else len(lines)
        if end > start:  # else it shares a line with the one before, which has it
            yield _Part("\n".join(lines[start:end]), node)
        start = max(start, end)


def _question_of(name: str, sections: Sequence[Section], questions: Sequence[str]) -> str | None:
    within = [question for question in questions if _plain(question) in _plain(name)]
    if within:
        return max(within, key=len)
    spoken_of = (section.questions[0] for section in sections if section.questions and _says(section.text, name))
    return next(spoken_of, None)


def _plain(name: str) -> str:
    """A name without what tells snake from camel case."""
    return name.replace("_", "").lower()


def _says(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _joined(parts: Sequence[_Part]) -> str:
    return "\n".join(part.text for part in parts).strip("\n")


def _refuse_use_before_definition(parts: Sequence[_Part]) -> None:
    """Bases, decorators, defaults and plain statements need their names at once; functions' bodies don't."""
    missing = {part.node.name for part in parts if isinstance(part.node, _Definition)}
    for part in parts:
        code = compile(ast.Module([part.node], []), "<stub>", "exec", dont_inherit=True)
        own = {part.node.name} if isinstance(part.node, _Definition) else set()
        if early := sorted(_needed_at_once(code) & missing - own):
            line = ast.unparse(part.node).split("\n")[0]
            raise AssignmentError(
                f"the notebook would have `{early[0]}` only after `{line}`, which needs it: "
                "order the questions so that each uses what comes before it"
            )
        missing -= own


def _needed_at_once(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    bodies = [body for body in inner if not body.co_flags & _OPTIMIZED]
    return set(code.co_names).union(*map(_needed_at_once, bodies))
