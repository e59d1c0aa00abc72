"""Reading an assignment folder: assignment.toml and what lies beside it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from autograder.core.limits import Limits
from autograder.errors import AssignmentError

TOML_NAME = "assignment.toml"
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,2}")
_KEYS = {
    "title",
    "module",
    "version",
    "points",
    "autograd",
    "processes",
    "preload",
    "requires",
    "data",
    "limits",
    "thresholds",
    "bar",
    "question",
    "report",
}
HIDDEN_SHOWN = ("title", "count", "none")


@dataclass(frozen=True)
class Question:
    """A group of tests that earn points together.

    Attributes:
        name: what ``@points(..., question=name)`` refers to.
        title: how people see it.
        all_or_nothing: one failed test costs all of its points.
        training: it trains a model (benchmarks of the engine leave it out).
    """

    name: str
    title: str
    all_or_nothing: bool = False
    training: bool = False


@dataclass(frozen=True)
class BarRule:
    """How a trained model is judged by one number; the bar itself is in calibration.json.

    Attributes:
        name: what tests ask for: ``bars[name]``.
        test: the test that calibration runs to measure right and wrong submissions; not known to students.
        trials: trainings, each on data of its own; their median is judged.
        regrade_within: a median that is at most this much below the bar gets as many new trials, once; then the median
            of all of them counts.
        once: the test that judges one training by it, if there is one: what is measured is the same, and students see
            how it is done.
    """

    name: str
    test: str = ""
    trials: int = 3
    regrade_within: float = 0.0
    once: str = ""


@dataclass(frozen=True)
class ReportRules:
    """What students are told.

    Attributes:
        hidden: of hidden tests that failed: "title" (each by its title), "count" (how many), "none" (nothing). Their
            messages, sources and data are never shown.
    """

    hidden: str = "title"


@dataclass(frozen=True)
class Assignment:
    """An assignment as its folder describes it.

    Attributes:
        name: the folder's name.
        module: the submission's module name; its file is ``<module>.py`` or ``<module>.ipynb``.
        version: of what students receive; course staff raise it with each release that differs from the last.
        points: what all tests, public and hidden, are worth together.
        autograd: False: automatic differentiation is switched off before the submission is imported.
        limits: what its workers may use; ``processes = true`` may stand among them or at the top of the file.
        thresholds: numbers that tests judge by.
        preload: modules that workers are likely to import, and that the nursery therefore imports once.
        requires: what students need beside the engine's own packages, as lines of requirements.txt.
        data: names of the data sets that the tests can take, the preferred one first.
        bars: what trained models are judged by.
        report: what students are told of their results.
    """

    name: str
    folder: Path
    title: str
    module: str
    points: Decimal
    autograd: bool = True
    limits: Limits = field(default_factory=Limits)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    preload: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    bars: tuple[BarRule, ...] = ()
    version: str = "1.0"
    report: ReportRules = field(default_factory=ReportRules)

    def question(self, name: str) -> Question:
        """The question of that name.

        Raises:
            AssignmentError: there is none.
        """
        for question in self.questions:
            if question.name == name:
                return question
        raise AssignmentError(f"{self.folder / TOML_NAME}: no [[question]] named {name!r}, but a test asks for it")

    def test_files(self) -> list[Path]:
        """Public test files first, then the hidden ones; each group by name."""
        return sorted(self.folder.glob("test_*.py")) + sorted(self.folder.glob("hidden/test_*.py"))

    @property
    def hidden_folder(self) -> Path:
        """Where the hidden tests live (absent in what students receive)."""
        return self.folder / "hidden"


def load_assignment(folder: Path) -> Assignment:
    """Read ``folder/assignment.toml``.

    Raises:
        AssignmentError: the file is missing, is no TOML, or has unknown, missing or mistyped keys.
    """
    path = folder / TOML_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssignmentError(f"{path}: not found; an assignment is a folder with this file in it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path}: not valid TOML: {error}") from None
    _refuse_unknown(raw, _KEYS, path, "")
    questions = tuple(_build(Question, entry, path, "[[question]]") for entry in raw.get("question", []))
    _refuse_repeats([question.name for question in questions], path, "questions")
    bars = tuple(_build(BarRule, entry, path, "[[bar]]") for entry in raw.get("bar", []))
    _refuse_repeats([bar.name for bar in bars], path, "bars")
    name = folder.resolve().name
    limits: Limits = _build(Limits, raw.get("limits", {}), path, "[limits]")
    processes = _typed(raw, "processes", bool, path, default=limits.processes)
    return Assignment(
        name=name,
        folder=folder,
        title=_typed(raw, "title", str, path, default=name),
        module=_typed(raw, "module", str, path, default=name),
        version=_version(raw, path),
        points=_decimal(raw.get("points"), path),
        autograd=_typed(raw, "autograd", bool, path, default=True),
        limits=replace(limits, processes=processes),
        thresholds=dict(raw.get("thresholds", {})),
        questions=questions,
        preload=_strings(raw, "preload", path),
        requires=_strings(raw, "requires", path),
        data=_strings(raw, "data", path),
        bars=bars,
        report=_report_rules(raw, path),
    )


def find_course(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds ``assignments/``.

    Raises:
        AssignmentError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "assignments").is_dir():
            return folder
    raise AssignmentError(
        f"{start}: no folder assignments/ here or above; run this inside the course, or pass --course"
    )


def find_assignment(course: Path, name: str) -> Assignment:
    """The assignment of that name in a course.

    Raises:
        AssignmentError: it does not exist; the text lists those that do.
    """
    known = sorted(path.parent.name for path in course.glob(f"assignments/*/{TOML_NAME}"))
    if name not in known:
        raise AssignmentError(
            f"no assignment {name!r} in {course / 'assignments'}; there are: {', '.join(known) or 'none'}"
        )
    return load_assignment(course / "assignments" / name)


def _typed(raw: Mapping[str, Any], key: str, kind: type, path: Path, *, default: Any) -> Any:
    value = raw.get(key, default)
    if not isinstance(value, kind):
        raise AssignmentError(f"{path}: {key} must be {kind.__name__}, not {value!r}")
    return value


def _strings(raw: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AssignmentError(f"{path}: {key} must be a list of names, not {value!r}")
    return tuple(value)


def _version(raw: Mapping[str, Any], path: Path) -> str:
    version: str = _typed(raw, "version", str, path, default="1.0")
    if not _VERSION.fullmatch(version):
        raise AssignmentError(f'{path}: version must be numbers and points, as in "1.2", not {version!r}')
    return version


def _report_rules(raw: Mapping[str, Any], path: Path) -> ReportRules:
    rules: ReportRules = _build(ReportRules, raw.get("report", {}), path, "[report]")
    if rules.hidden not in HIDDEN_SHOWN:
        raise AssignmentError(f"{path}: [report] hidden must be one of {', '.join(HIDDEN_SHOWN)}, not {rules.hidden!r}")
    return rules


def _decimal(value: object, path: Path) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise AssignmentError(f"{path}: points must be a number, the total of all tests, not {value!r}") from None


def _build(kind: type, raw: object, path: Path, where: str) -> Any:
    if not isinstance(raw, dict):
        raise AssignmentError(f"{path}: {where} must be a table")
    types = {item.name: str(item.type) for item in fields(kind)}
    _refuse_unknown(raw, set(types), path, f"{where} ")
    for key, value in raw.items():
        wanted: tuple[type, ...] = {"str": (str,), "bool": (bool,), "int": (int,), "float": (int, float)}[types[key]]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise AssignmentError(f"{path}: {where} {key} must be {types[key]}, not {value!r}")
    try:
        return kind(**raw)
    except TypeError as error:
        raise AssignmentError(f"{path}: {where} {str(error).split(') ')[-1]}") from None


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    if unknown := sorted(set(raw) - known):
        raise AssignmentError(f"{path}: {where}unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _refuse_repeats(names: list[str], path: Path, what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: two {what} are named {name!r}")
