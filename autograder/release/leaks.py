"""A look at what is about to go out, for what must stay with the graders; a release with a leak is not written.

Finds, also inside wheels, zips and notebooks, in comments and in part of a line: lines of solution regions, of hidden
tests, of mutants and variants; their names, and names that only the solution uses; numbers that hidden tests expect;
what calibration measured; solution markers; paths of a machine. Refuses files that nobody can look into, and those
that no artefact may hold (``unfit``). Does not find: the same idea in other words.

The engine's own sources, byte for byte, are public: they are judged by their place alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autograder.errors import AutograderError
from autograder.release.contents import Entry, entries, lines_of
from autograder.release.secrets import Secret, secrets_of
from autograder.release.unfit import is_engines_own, unfit

__all__ = ["LeakError", "Secret", "find_leaks", "find_unfit", "refuse_leaks", "secrets_of"]


class LeakError(AutograderError):
    """A release would give away what must stay with the graders.

    Attributes:
        leaks: a line each: artefact, file and line in it, what it is, and what to do.
    """

    def __init__(self, leaks: Sequence[str]):
        more = f" (and {len(leaks) - 1} more like this)" if len(leaks) > 1 else ""
        super().__init__(leaks[0] + more)
        self.leaks = tuple(leaks)


def refuse_leaks(files: Mapping[str, bytes], secrets: Sequence[Secret]) -> None:
    """Judge a release before it is written.

    Args:
        files: contents by name; archives are looked into.

    Raises:
        LeakError: it must not go out.
    """
    if leaks := [*find_unfit(files), *find_leaks(files, secrets)]:
        raise LeakError(leaks)


def find_unfit(files: Mapping[str, bytes]) -> Iterator[str]:
    """A line for each file that no artefact may hold."""
    for entry in entries(files):
        yield from (f"{entry.where}: {reason}" for reason in unfit(entry))


def find_leaks(files: Mapping[str, bytes], secrets: Sequence[Secret]) -> Iterator[str]:
    """A line for each line that shows a secret; files that are no text are passed over."""
    for entry in entries(files):
        if not is_engines_own(entry.data):
            for place, secret in _shown(entry, secrets):
                yield f"{place}: the release would show {secret.what}; {secret.remedy}"


def _shown(entry: Entry, secrets: Sequence[Secret]) -> Iterator[tuple[str, Secret]]:
    concerned = [secret for secret in secrets if entry.data not in secret.allowed_in]
    whole = [secret for secret in concerned if secret.is_file(entry.name, entry.data)]
    if whole:  # no need to list its lines
        yield from ((entry.where, secret) for secret in whole)
        return
    for place, line in lines_of(entry.name, entry.data):
        yield from ((f"{entry.where}:{place}", secret) for secret in concerned if secret.shows_in(line))
