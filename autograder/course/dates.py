"""Due dates as people write them, and time zones by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course.late import moment_of
from autograder.errors import CourseError

_FIRST, _LAST = 2000, 2999  # years: others are slips of the finger


def due_moment(value: date, zone: tzinfo, where: str) -> datetime:
    """The moment, in UTC, until which something is in time.

    Args:
        value: a date alone means until its end; a time without a zone is one of ``zone``.
        where: of whom to speak in an error.

    Raises:
        CourseError: the year makes no sense.
    """
    if not _FIRST <= value.year <= _LAST:
        raise CourseError(f"{where}: due in the year {value.year}? Expected {_FIRST} to {_LAST}")
    if not isinstance(value, datetime):
        return moment_of(datetime.combine(value + timedelta(1), time()), zone)
    return value.astimezone(UTC) if value.tzinfo is not None else moment_of(value, zone)


def zone_of(name: str, where: str) -> tzinfo:
    """The time zone of that name in the IANA database.

    Raises:
        CourseError: there is none.
    """
    if name == "UTC":  # also where the system has no database
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CourseError(
            f"{where}: no time zone {name!r} here; use a name like Europe/Berlin (`pip install tzdata` gets all)"
        ) from None
