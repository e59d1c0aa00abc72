"""The rules of a course for the people of its class: course.toml and the roster that it names, put together."""

from __future__ import annotations

from pathlib import Path

from autograder.course.settings import Settings, load_course
from autograder.intake.roster import read_roster


def course_rules(course: Path) -> Settings:
    """What ``load_course`` reads, with everybody on the roster known by all of their names.

    Raises:
        CourseError: course.toml or the extensions are amiss.
        IntakeError: the roster is.
    """
    settings = load_course(course)
    if settings.roster is None:
        return settings
    people = read_roster(settings.roster).people
    return settings.with_people([(*person.ids, person.email, person.name) for person in people])
