"""What ``autograder release`` does: build, check, write; or say what changed since the last time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.core.assignment import find_assignment
from autograder.release.build import Places, Release, build_release, commit_of
from autograder.release.check import Checker
from autograder.release.diff import changes
from autograder.release.student import solution_path
from autograder.release.writing import refuse_others, write_all


def release(course: Path, names: Sequence[str], out: Path | None, *, check: str) -> None:
    """Release assignments; all are built and checked before any is written.

    Args:
        out: where all of it goes; None: into the course.
        check: as of ``Checker``.

    Raises:
        AutograderError: one can't be built, fails its check, or would replace something else; nothing was written.
    """
    places = Places.of(course, out)
    commit = commit_of(course, places.all)
    releases = [build_release(course, find_assignment(course, name), commit) for name in names]
    contents = {place: content for built in releases for place, content in built.contents(places).items()}
    refuse_others(contents)  # before what takes minutes
    _check(course, releases, check)
    write_all(contents)
    for built in releases:
        name, version = built.assignment.name, built.assignment.version
        print(f"{name}: release {version} in {places.folders / name} and {places.archives}/{name}-*.zip")


def _check(course: Path, releases: Sequence[Release], mode: str) -> None:
    with Checker(mode, lambda text: print(text, flush=True)) as checker:
        for built in releases:
            solution = solution_path(course, built.assignment).read_bytes()
            print(f"{built.assignment.name}: {checker.check(built, solution)}", flush=True)


def show_changes(course: Path, name: str, old: Path, *, verbose: bool) -> None:
    """Print what students will see change since an earlier release; nothing is written.

    Raises:
        AutograderError: the assignment can't be built, or ``old`` is no release of it.
    """
    built = build_release(course, find_assignment(course, name), commit_of(course, Places.of(course, None).all))
    for line in changes(built, old, verbose=verbose):
        print(line)
