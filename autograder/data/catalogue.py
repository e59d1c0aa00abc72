"""The data sets by name: what there is, what is here, and which one an assignment takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from autograder.data.records import Images, Texts
from autograder.errors import DataError

_Kind = TypeVar("_Kind", Images, Texts)


@dataclass(frozen=True)
class _Source:
    """Where a data set comes from.

    Attributes:
        kind: of what it holds.
        load: reads it.
        check: raises a DataError when it can't be read here; cheaper than reading where that takes long.
        describe: says what it is and where it is read from.
    """

    kind: type[Images] | type[Texts]
    load: Callable[[], Any]
    check: Callable[[], object]
    describe: Callable[[], str]


def _late(module: str, function: str) -> Callable[[], Any]:
    """A function of this package whose module is imported when it is called."""
    return lambda: getattr(import_module(f"autograder.data.{module}"), function)()


@lru_cache(maxsize=1)
def _load_movies() -> Texts:
    from autograder.data.movies import public_split

    return Texts(*public_split(), num_classes=2, classes=("blame", "praise"))


def _describe_movies() -> str:
    texts = _load_movies()
    return (
        "made-up sentences that only word order can solve, "
        f"{len(texts.train_texts):,} to train on and {len(texts.test_texts):,} to test on"
    )


_SOURCES = {
    "digits": _Source(Images, _late("digits", "load"), _late("digits", "check"), _late("digits", "describe")),
    "mnist": _Source(Images, _late("mnist", "load"), _late("mnist", "check"), _late("mnist", "describe")),
    "movies": _Source(Texts, _load_movies, lambda: None, _describe_movies),
    "sst": _Source(Texts, _late("texts", "load_sst"), _late("texts", "load_sst"), _late("texts", "describe_sst")),
}

_EMBEDDED = ("digits", "movies")  # they come with what is installed


def names() -> list[str]:
    """The data sets that have a name."""
    return list(_SOURCES)


def load(name: str) -> Images | Texts:
    """A data set by its name, or texts by the path of their file or folder. Read once in a process.

    Raises:
        DataError: there is none of that name, or it can't be used; the text says what to do.
    """
    found: Images | Texts = _source(name).load()
    return found


def load_images(name: str) -> Images:
    """``"digits"`` or ``"mnist"``; raises as ``load``."""
    return _load_as(Images, name)


def load_text(name: str) -> Texts:
    """``"movies"``, ``"sst"``, or the path of a file or folder of ``label ||| text`` lines; raises as ``load``."""
    return _load_as(Texts, name)


def why_not(name: str) -> str | None:
    """Why a data set can't be used here, in one line that says what to do; None: it can.

    Raises:
        DataError: there is none of that name.
    """
    source = _source(name)
    try:
        source.check()
    except DataError as error:
        return str(error)
    return None


def available(name: str) -> bool:
    """Whether a data set can be used here: there, whole, and with the right checksum."""
    return why_not(name) is None


def describe(name: str, *, others: bool = True) -> str:
    """One line on a data set that is available: what it is and where it is read from.

    Args:
        others: say of the others of its kind how to take or to get them.

    Raises:
        DataError: it is not available.
    """
    source = _source(name)
    parts = [f"{name}: {source.describe()}"]
    for other, its in _SOURCES.items():
        if others and its.kind is source.kind and other != name:
            parts.append(why_not(other) or f"`--data {other}` takes {other}")
    return "; ".join(parts)


def resolve(choices: Sequence[str], asked: str | None = None) -> str:
    """The data set that tests take.

    Args:
        choices: names of those that they can take, the preferred one first.
        asked: one of them, or the path of texts where they take texts; None or "auto": the first that is here.

    Returns:
        A name, or an absolute path.

    Raises:
        DataError: they can't take what is asked for, or it is not here.
    """
    if asked is None or asked == "auto":
        return _first_available(choices)
    if asked not in choices:
        takes_texts = any(_source(name).kind is Texts for name in choices)
        if not (takes_texts and _is_path(asked)):
            paths = ", or the path of a file of `label ||| text` lines" if takes_texts else ""
            raise DataError(f"no data set {asked!r} for this assignment; there are: {', '.join(choices)}{paths}")
        asked = os.path.abspath(asked)
    _source(asked).check()
    return asked


def offline_choice(choices: Sequence[str]) -> str | None:
    """Of the data sets that tests can take, the one that every machine has; None where they take none.

    Raises:
        DataError: each of them has to be got from elsewhere.
    """
    for name in choices:
        if name in _EMBEDDED:
            return name
    if choices:
        raise DataError(f"none of {', '.join(choices)} comes with what is installed")
    return None


def _first_available(choices: Sequence[str]) -> str:
    problems = []
    for name in choices:
        if (problem := why_not(name)) is None:
            return name
        problems.append(problem)
    raise DataError("; ".join(problems))


def _source(name: str) -> _Source:
    if name in _SOURCES:
        return _SOURCES[name]
    if not _is_path(name):
        raise DataError(f"no data set {name!r}; there are: {', '.join(_SOURCES)}, or the path of texts")
    from autograder.data.texts import describe_path, load_path

    read = partial(load_path, Path(name))
    return _Source(Texts, read, read, partial(describe_path, Path(name)))


def _is_path(name: str) -> bool:
    return Path(name).suffix != "" or os.sep in name or "/" in name


def _load_as(kind: type[_Kind], name: str) -> _Kind:
    loaded = load(name)
    if not isinstance(loaded, kind):
        raise DataError(f"{name}: not a data set of {kind.__name__.lower()}")
    return loaded
