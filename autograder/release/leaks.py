"""A look at what students are about to receive, for what must stay with the graders.

Finds: a line of a solution region, the name of a hidden test, of a mutant or of a variant, a solution marker, the path
of the course on this machine. Does not find: the same idea in other words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.core.assignment import Assignment
from autograder.errors import AutograderError
from autograder.release.stub import LOOKS_LIKE_MARKER, secret_line_numbers

# Shorter lines ("return out", "n = x.shape[0]") are anybody's.
SECRET_LENGTH = 24


class LeakError(AutograderError):
    """A release would give away what must stay with the graders."""


@dataclass(frozen=True)
class Secret:
    """Something that no line of a release may hold.

    Attributes:
        what: how a message calls it.
        shows_in: judges one line.
    """

    what: str
    shows_in: Callable[[str], bool]


def refuse_leaks(files: Mapping[str, bytes], secrets: Sequence[Secret]) -> None:
    """Judge a release before it is written.

    Args:
        files: contents by name.

    Raises:
        LeakError: the first leak, with file and line.
    """
    for leak in find_leaks(files, secrets):
        raise LeakError(leak)


def find_leaks(files: Mapping[str, bytes], secrets: Sequence[Secret]) -> Iterator[str]:
    """One line of text a leak; files that are no text are passed over."""
    for name, data in files.items():
        try:
            lines = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            for secret in secrets:
                if secret.shows_in(line):
                    yield f"{name}:{number}: the release would show {secret.what}"


def secrets_of(course: Path, assignment: Assignment, solution: Path) -> list[Secret]:
    """What a release of an assignment must not show.

    Raises:
        MarkerError: the solution's markers are not as they must be.
    """
    text = solution.read_text(encoding="utf-8")
    hidden_code = _secret_code(text, solution)
    hidden_tests = _test_names(assignment.hidden_folder.glob("*.py")) - _test_names(assignment.folder.glob("*.py"))
    # One word alone ("einsum") may well stand in a handout.
    fragments = {path.stem for kind in ("mutants", "variants") for path in solution.parent.glob(f"{kind}/*.py")}
    return [
        Secret("a line of the solution", lambda line: _code(line) in hidden_code),
        Secret("a solution marker", lambda line: LOOKS_LIKE_MARKER.search(line) is not None),
        Secret("a hidden test's name", _holds_word(hidden_tests)),
        Secret("the name of a mutant or variant", _holds_word({name for name in fragments if "_" in name})),
        Secret("a path of this machine", lambda line: str(course.resolve()) in line),
    ]


def _secret_code(solution: str, path: Path) -> frozenset[str]:
    """The telling lines of the regions that stand nowhere outside of them."""
    secret = secret_line_numbers(solution, path)
    lines = {number: _code(line) for number, line in enumerate(solution.split("\n"), start=1)}
    public = {code for number, code in lines.items() if number not in secret}
    return frozenset(code for number in secret if len(code := lines[number]) >= SECRET_LENGTH and code not in public)


def _code(line: str) -> str:
    """A line without its spaces and its trailing comment."""
    return "".join(line.split("  #")[0].split())


def _test_names(paths: Iterator[Path]) -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def _holds_word(words: set[str]) -> Callable[[str], bool]:
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(words)))})\b")
    return lambda line: bool(words) and pattern.search(line) is not None
