"""What of an assignment must stay with the graders."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import gettempdir

from autograder.core.assignment import TOML_NAME, Assignment
from autograder.core.bars import CALIBRATION_NAME, students_bars
from autograder.release.contents import lines_of
from autograder.release.stub import LOOKS_LIKE_MARKER, make_stub, secret_line_numbers

# Counted without spaces. A line of this length tells, wherever in another one it stands,
SECRET_LENGTH = 24
# and one of this length where it is the whole of another one; those below ("return out") are anybody's.
_WHOLE_LENGTH = 12
_DIGITS = 5  # a number with fewer is anybody's
_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
# Imports, the first lines of definitions (their names are looked for), and the tests that catch a mutant.
_ANYBODYS = re.compile(r"\s*(import |from \S+ import|(async )?def |class |@|CAUGHT_BY =|[\"']test_\w+[\"'],?\s*$)")
_BEFORE_PATH = r"(?<![\w.~/*])"
_MACHINE = (
    rf"{_BEFORE_PATH}/(?:home|Users|root|tmp|var/tmp|var/folders|private/var)/[\w.-]+"
    r"|\bfile:///\w|\b[A-Za-z]:\\+(?:Users|Temp)\\+\w"
)


def _no_file(name: str, data: bytes) -> bool:
    return False


@dataclass(frozen=True)
class Secret:
    """Something that a release must not show.

    Attributes:
        what: how a message calls it.
        shows_in: judges one line.
        remedy: what to do about it.
        is_file: judges a whole file, by its path and contents.
        allowed_in: contents of the files in which it may stand.
    """

    what: str
    shows_in: Callable[[str], bool]
    remedy: str = "take it out"
    is_file: Callable[[str, bytes], bool] = _no_file
    allowed_in: frozenset[bytes] = frozenset()


class _Fragments:
    """Lines that are looked for anywhere in another one, whatever the spaces; those that are public are left out."""

    def __init__(self, lines: Iterable[str], public: str):
        known = "\n".join(map(_compact, public.split("\n")))
        self._by_start: dict[str, set[str]] = {}
        for line in lines:
            text = _compact(line)
            if len(text) >= SECRET_LENGTH and text not in known:
                self._by_start.setdefault(text[:SECRET_LENGTH], set()).add(text)

    def __call__(self, line: str) -> bool:
        text = _compact(line)
        for start in range(len(text) - SECRET_LENGTH + 1):
            candidates = self._by_start.get(text[start : start + SECRET_LENGTH], ())
            if any(text.startswith(candidate, start) for candidate in candidates):
                return True
        return False


class _WholeLines:
    """Short lines that are looked for as a whole, whatever the spaces; those that are public are left out."""

    def __init__(self, lines: Iterable[str], public: str):
        known = set(map(_compact, public.split("\n")))
        self._texts = {text for line in lines if len(text := _compact(line)) >= _WHOLE_LENGTH} - known

    def __call__(self, line: str) -> bool:
        return _compact(_parts(line)[0]) in self._texts


def secrets_of(course: Path, assignment: Assignment, solution: Path, *, graders: bool = False) -> list[Secret]:
    """What a release of an assignment must not show.

    Args:
        graders: the release is for them: it may hold hidden tests and calibrations.

    Raises:
        MarkerError: the solution's markers are not as they must be.
    """
    material = _Material.of(assignment, solution)
    allowed = _staff_files(assignment) if graders else frozenset()
    public_code = f"{material.public_code}\n{material.public_tests}"
    named_after_fragment = _holds_word(material.fragment_names)
    secrets = [
        Secret(
            "a line of the solution",
            _either(
                _Fragments(material.secret_lines, material.public_code), _WholeLines(material.secret_lines, public_code)
            ),
            "students write this themselves: change the text, or keep the line out of the solution's marked regions",
            allowed_in=allowed,
        ),
        Secret(
            "a solution marker",
            lambda line: LOOKS_LIKE_MARKER.search(line) is not None,
            "markers belong in solutions alone",
        ),
        Secret(
            "a name that only the solution uses",
            _holds_word(_solutions_names(material, graders=graders)),
            "rename it in the solution, or take it out here",
            allowed_in=allowed,
        ),
        Secret(
            "the name of a mutant or variant",
            named_after_fragment,
            "take it out, or rename the mutant or variant",
            is_file=lambda name, data: named_after_fragment(name),
            allowed_in=allowed,
        ),
        Secret(
            "a line of a mutant or variant",
            _Fragments(material.fragment_lines, f"{public_code}\n{material.hidden_tests if graders else ''}"),
            allowed_in=allowed,
        ),
        Secret("a path of this machine", _holds_path(course), "write paths relative to the folder that students have"),
    ]
    return secrets if graders else [*secrets, *_graders_alone(assignment, material)]


def _graders_alone(assignment: Assignment, material: _Material) -> Iterator[Secret]:
    """What bundles for graders may hold."""
    public = f"{material.public_code}\n{material.public_tests}"
    hidden_files = frozenset(data for path in _files(assignment.hidden_folder) if (data := path.read_bytes()).strip())
    named_as_hidden = _holds_word(material.hidden_names)
    yield Secret(
        "a hidden test's name",
        named_as_hidden,
        "hidden tests stay with the graders",
        is_file=lambda name, data: data in hidden_files or named_as_hidden(name),
    )
    yield Secret(
        "a line of a hidden test",
        _Fragments(_telling_lines(material.hidden_tests), public),
        "hidden tests stay with the graders",
    )
    yield Secret(
        "a value that a hidden test expects",
        _holds_number(_long_numbers(material.hidden_tests) - _long_numbers(public)),
        "hidden tests stay with the graders",
    )
    calibrations = _calibrations(assignment)
    measured = "\n".join(line for path in calibrations for _, line in lines_of(path.name, path.read_bytes()))
    plots = {path.name for path in calibrations} | {CALIBRATION_NAME}
    yield Secret(
        "what calibration measured",
        _Fragments(measured.split("\n"), f"{students_bars(assignment.folder) or ''}\n{public}"),
        "students receive the bars alone",
        is_file=lambda name, data: PurePosixPath(name).name in plots,
    )


# ---------------------------------------------------------------------------------------------------------------------
# What there is
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Material:
    """An assignment's texts, public and not.

    Attributes:
        secret_lines: code and comments of the solution's regions.
        public_code: the solution without its regions.
        public_words: names that students meet in the stub, the handout, the tests and assignment.toml.
        own_names: functions and classes that the regions define at top level.
        used_names: other names that the regions use.
        public_names: functions and classes that students receive.
        fragment_names, fragment_lines: of mutants and variants.
        hidden_names: tests and helpers that hidden tests define and public ones don't.
    """

    secret_lines: tuple[str, ...]
    public_code: str
    public_tests: str
    hidden_tests: str
    public_words: frozenset[str]
    own_names: frozenset[str]
    used_names: frozenset[str]
    public_names: frozenset[str]
    fragment_names: frozenset[str]
    fragment_lines: tuple[str, ...]
    hidden_names: frozenset[str]

    @classmethod
    def of(cls, assignment: Assignment, solution: Path) -> _Material:
        text = _read(solution)
        secret = secret_line_numbers(text, solution)
        numbered = list(enumerate(text.split("\n"), start=1))
        stub = make_stub(text, solution)
        public_tests, hidden_tests = _joined(assignment.folder, "*.py"), _joined(assignment.hidden_folder, "*.py")
        shown = (stub, public_tests, *map(_read, _existing(assignment.folder, "handout.md", TOML_NAME)))
        own_names, used_names = _names_in(ast.parse(text), secret)
        fragments = [path for kind in ("mutants", "variants") for path in sorted(solution.parent.glob(f"{kind}/*.py"))]
        public_names = _defined(ast.parse(stub)) | _defined(ast.parse(public_tests))
        return cls(
            secret_lines=tuple(part for number, line in numbered if number in secret for part in _parts(line)),
            public_code="\n".join(line for number, line in numbered if number not in secret),
            public_tests=public_tests,
            hidden_tests=hidden_tests,
            public_words=frozenset(_WORD.findall("\n".join(shown))),
            own_names=own_names,
            used_names=used_names,
            public_names=public_names,
            fragment_names=frozenset({path.stem for path in fragments if "_" in path.stem}) - public_names,
            fragment_lines=tuple(line for path in fragments for line in _telling_lines(_read(path))),
            hidden_names=_hidden_names(assignment, hidden_tests) - public_names,
        )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _existing(folder: Path, *names: str) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()]


def _joined(folder: Path, pattern: str) -> str:
    return "\n".join(map(_read, sorted(folder.glob(pattern))))


def _calibrations(assignment: Assignment) -> list[Path]:
    """The record of calibration and its pictures."""
    return sorted(path for path in assignment.folder.glob(f"{Path(CALIBRATION_NAME).stem}*") if path.is_file())


def _staff_files(assignment: Assignment) -> frozenset[bytes]:
    """What graders receive as it is, and students don't."""
    return frozenset(path.read_bytes() for path in [*_files(assignment.hidden_folder), *_calibrations(assignment)])


# ---------------------------------------------------------------------------------------------------------------------
# Lines
# ---------------------------------------------------------------------------------------------------------------------


def _compact(line: str) -> str:
    return "".join(line.split())


def _parts(line: str) -> tuple[str, str]:
    """A line's code and its trailing comment: either alone would tell."""
    code, _, comment = line.partition("  #")
    return code, comment


def _telling_lines(source: str) -> Iterator[str]:
    """The lines of a module, and their comments, but for those that are anybody's."""
    for line in source.split("\n"):
        if not _ANYBODYS.match(line):
            yield from _parts(line)


def _long_numbers(source: str) -> set[str]:
    """Numbers that are too long for chance: 0.84147, not 10000."""
    return {number for number in _NUMBER.findall(source) if len(number.replace(".", "").strip("0")) >= _DIGITS}


# ---------------------------------------------------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------------------------------------------------


def _solutions_names(material: _Material, *, graders: bool) -> frozenset[str]:
    """Names that would give the solution away: no prose looks like them, and students meet them nowhere.

    A function or class that a region defines stays secret though a handout should name it; of the names that regions
    merely use (what they call, their variables) only those that no public text has.
    """
    public = material.public_words | (frozenset(_WORD.findall(material.hidden_tests)) if graders else frozenset())
    names = (material.own_names - material.public_names) | (material.used_names - public)
    return frozenset(filter(_is_no_prose, names))


def _is_no_prose(name: str) -> bool:
    """Whether a name has an underscore, a digit or a capital inside: ``train_step``, ``fc1``, ``DataLoader``."""
    dunder = name.startswith("__") and name.endswith("__")
    return len(name) >= 4 and not dunder and re.search(r"_|\d|[a-z][A-Z]", name) is not None


def _names_in(tree: ast.Module, lines: set[int]) -> tuple[frozenset[str], frozenset[str]]:
    """What stands in some lines of a module: functions and classes of its top level, and all other names."""
    own = {node.name for node in tree.body if isinstance(node, _DEFINITIONS) and node.lineno in lines}
    used: set[str] = set()
    for node in ast.walk(tree):
        if getattr(node, "lineno", None) in lines and (name := _name_of(node)) is not None:
            used.add(name)
    return frozenset(own), frozenset(used - own)


_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _name_of(node: ast.AST) -> str | None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return name
    return None


def _defined(tree: ast.Module) -> frozenset[str]:
    """The functions and classes of a module, methods and inner ones included."""
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, _DEFINITIONS))


def _hidden_names(assignment: Assignment, hidden_tests: str) -> frozenset[str]:
    """Hidden tests, their helpers and files, as far as no prose looks like them."""
    files = {path.stem for path in _files(assignment.hidden_folder)}
    return frozenset(name for name in _defined(ast.parse(hidden_tests)) | files if _is_no_prose(name))


# ---------------------------------------------------------------------------------------------------------------------
# Judging
# ---------------------------------------------------------------------------------------------------------------------


def _either(one: Callable[[str], bool], other: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda line: one(line) or other(line)


def _holds_word(words: Iterable[str]) -> Callable[[str], bool]:
    return _holds_any(words, before=r"(?<!\w)")


def _holds_number(numbers: Iterable[str]) -> Callable[[str], bool]:
    return _holds_any(numbers, before=r"(?<![\w.])")


def _holds_any(words: Iterable[str], *, before: str) -> Callable[[str], bool]:
    alternatives = "|".join(map(re.escape, sorted(words)))
    pattern = re.compile(rf"{before}({alternatives})(?!\w)") if alternatives else None
    return lambda line: pattern is not None and pattern.search(line) is not None


def _holds_path(course: Path) -> Callable[[str], bool]:
    """Whether a line names a place of this machine (of the course, home, temporary files), or one like it of any."""
    places = (course.resolve(), Path.home(), Path(gettempdir()).resolve())
    own = "|".join(re.escape(str(path)) for path in places if len(path.parts) > 2)  # "/root" alone may be prose
    pattern = re.compile(rf"{_BEFORE_PATH}({own})(?!\w)|{_MACHINE}" if own else _MACHINE)
    return lambda line: pattern.search(line) is not None
