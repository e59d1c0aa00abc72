"""The rules of a course: course.toml, extensions, time zones, what late days cost, which attempt counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.final import Final, finals
from autograder.course.late import LatePolicy, LateRule, moment_of
from autograder.course.settings import Settings, load_course
from autograder.errors import CourseError
from autograder.gradebook.model import Summary

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., Settings]:
    """Load a course with this course.toml and these tables beside it."""
    for name in ("tiny", "huge"):
        (tmp_path / "assignments" / name).mkdir(parents=True)
        (tmp_path / "assignments" / name / "assignment.toml").touch()

    def load(toml: str, **tables: str | bytes) -> Settings:
        (tmp_path / "course.toml").write_text(toml)
        for name, table in tables.items():
            data = table if isinstance(table, bytes) else table.encode()
            (tmp_path / f"{name}.csv").write_bytes(data)
        return load_course(tmp_path)

    return load


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def summary(student: str = "Ann", score: str | None = "8", submitted: datetime | None = None, **changes) -> Summary:
    values = {
        "slug": student, "student": student, "identity": "", "attempt": 1, "submitted": submitted,
        "marked_late": False, "status": "graded" if score else "error", "problem": None,
        "score": None if score is None else Decimal(score), "maximum": Decimal(10), "questions": (), "reused": False,
    }  # fmt: skip
    return Summary(**{**values, **changes})


def final(settings: Settings, *args: object, **changes) -> Final:
    (only,) = finals([summary(*args, **changes)], settings, "tiny")
    return only


def test_without_course_toml_there_are_defaults(tmp_path):
    settings = load_course(tmp_path)
    assert (settings.attempts, settings.timezone, settings.roster) == ("latest", "UTC", None)
    assert settings.late_rule("tiny", "Ann").days_late(datetime.max.replace(tzinfo=UTC)) == 0


def test_the_whole_file(course, tmp_path):
    settings = course(
        'timezone = "Europe/Berlin"\nattempts = "best"\nroster = "roster.csv"\n'
        '[late]\ngrace = 15\nper_day = 12.5\nof = "score"\nmax_days = 3\n'
        "[assignments.tiny]\ndue = 2026-11-02T18:00:00\nper_day = 0.1\n"
        '[cluster]\nqueue = "gpu"\nfraction = 0.5\n',
        roster="name,id\n",
    )
    assert settings.attempts == "best"
    assert settings.roster == tmp_path / "roster.csv"
    assert settings.cluster == {"queue": "gpu", "fraction": 0.5}
    assert type(settings.cluster["fraction"]) is float
    assert settings.late == LatePolicy(timedelta(minutes=15), Decimal("12.5"), "score", 3)
    rule = settings.late_rule("tiny", "Ann")
    assert rule.due == datetime(2026, 11, 2, 17, tzinfo=UTC)
    assert rule.policy == LatePolicy(timedelta(minutes=15), Decimal("0.1"), "score", 3)
    assert settings.late_rule("huge", "Ann").policy == settings.late


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("x = ", "not valid TOML"),
        ("atempts = 1", "unknown key 'atempts'; known are assignments, attempts,"),
        ('attempts = "first"', "attempts must be one of latest, best, all, not 'first'"),
        ('timezone = "Berlin"', "timezone: no time zone 'Berlin' here; use a name like Europe/Berlin"),
        ('timezone = "../../etc/passwd"', "no time zone"),
        ('timezone = "Europe"', "no time zone"),
        ("timezone = 1", "timezone must be str, not 1"),
        ('roster = "none.csv"', "none.csv is no file; paths are relative to course.toml"),
        ("late = 3", "late must be dict"),
        ("[late]\nper_day = 101", "[late] per_day must be a number from 0 to 100 (percent), not 101"),
        ("[late]\nper_day = nan", "[late] per_day must be a number"),
        ("[late]\nper_day = -0.5", "not -0.5"),
        ("[late]\nper_day = true", "[late] per_day must be a number"),
        ('[late]\ngrace = "15 min"', "[late] grace must be a number from 0 to 10080 (minutes), not '15 min'"),
        ("[late]\nmax_days = 1.5", "[late] max_days must be a whole number, not 1.5"),
        ('[late]\nof = "points"', "[late] of must be one of maximum, score"),
        ("[late]\ndue = 2026-11-02", "[late] unknown key 'due'"),
        ("[assignments.tinny]", "[assignments.tinny] is no folder of assignments/; there are: huge, tiny"),
        ("[assignments.tiny]\nper_week = 3", "[assignments.tiny] unknown key 'per_week'; known are due, grace,"),
        ('[assignments.tiny]\ndue = "2026-11-02"', "[assignments.tiny] due must be a date without quotes"),
        ("[assignments.tiny]\ndue = 18:00:00", "due must be a date without quotes"),
        ("[assignments.tiny]\ndue = 0226-11-02", "due in the year 226?"),
        ("[assignments]\ntiny = 3", "tiny must be dict"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_key(course, tmp_path, toml, said):
    with pytest.raises(CourseError) as caught:
        course(toml)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'course.toml'}: ")
    assert said in text
    assert "\n" not in text


def test_course_toml_that_is_no_text(course, tmp_path):
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CourseError, match="not valid TOML"):
        load_course(tmp_path)


# Due dates and days. In Berlin the clocks go forward on 2026-03-29 at 02:00, and back on 2026-10-25 at 03:00.


def rule(due: datetime, **policy) -> LateRule:
    return LateRule(due.astimezone(UTC), BERLIN, LatePolicy(**policy))


@pytest.mark.parametrize(
    ("submitted", "days"),
    [
        (at("2026-11-02T18:00:00"), 0),
        (at("2026-11-02T18:00:00.000001"), 1),
        (at("2026-11-03T18:00:00"), 1),
        (at("2026-11-03T18:00:00.000001"), 2),
        (datetime(2026, 11, 2, 17, 0, tzinfo=UTC), 0),  # the same moment
        (datetime.fromisoformat("2026-11-02T17:00:00Z"), 0),
        (datetime.fromisoformat("2026-11-02T09:00:01-08:00"), 1),
        (datetime(2026, 11, 2, 18, 0), 0),  # no zone: that of the course
        (datetime(2026, 11, 2, 18, 1), 1),
        (datetime.min.replace(tzinfo=UTC), 0),
    ],
)
def test_a_day_that_has_begun_counts(submitted, days):
    assert rule(at("2026-11-02T18:00:00")).days_late(submitted) == days


@pytest.mark.parametrize(
    ("due", "change"),
    [(at("2026-03-28T18:00:00"), -1), (at("2026-10-24T18:00:00"), 1)],
    ids=["a day of 23 hours", "a day of 25 hours"],
)
def test_days_are_those_of_the_clock_on_the_wall(due, change):
    late = rule(due)
    day = timedelta(hours=24 + change)
    first = due.astimezone(UTC) + day
    assert late.days_late(first) == 1
    assert late.days_late(first + timedelta(microseconds=1)) == 2
    assert late.days_late(first + timedelta(hours=24)) == 2
    assert late.days_late(first + timedelta(hours=24, microseconds=1)) == 3


def test_a_time_that_comes_twice_or_never_is_the_later_moment(course):
    twice = course('timezone = "Europe/Berlin"\n[assignments.tiny]\ndue = 2026-10-25T02:30:00\n').late_rule("tiny")
    assert twice.due == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert twice.days_late(at("2026-10-25T02:30:00", fold=0)) == 0
    assert twice.days_late(at("2026-10-25T02:30:00", fold=1)) == 0
    assert twice.days_late(at("2026-10-25T02:30:01", fold=0)) == 0
    assert twice.days_late(at("2026-10-25T02:30:01", fold=1)) == 1
    never = course('timezone = "Europe/Berlin"\n[assignments.tiny]\ndue = 2026-03-29T02:30:00\n').late_rule("tiny")
    assert never.due == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert never.days_late(at("2026-03-29T03:30:00")) == 0
    assert never.days_late(at("2026-03-29T03:30:01")) == 1


def test_a_due_date_may_name_its_own_offset_or_only_its_day(course):
    settings = course(
        'timezone = "Europe/Berlin"\n'
        "[assignments.tiny]\ndue = 2026-11-02T18:00:00-05:00\n[assignments.huge]\ndue = 2026-10-25\n"
    )
    assert settings.late_rule("tiny").due == datetime(2026, 11, 2, 23, tzinfo=UTC)
    whole_day = settings.late_rule("huge")
    assert whole_day.due == datetime(2026, 10, 25, 23, tzinfo=UTC)  # midnight after the change
    assert whole_day.days_late(at("2026-10-25T23:59:59.999999")) == 0
    assert whole_day.days_late(at("2026-10-26T00:00:01")) == 1


def test_an_island_that_skipped_a_day():
    apia = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    late = LateRule(moment_of(datetime(2011, 12, 28, 18), apia), apia)
    assert late.days_late(at("2011-12-29T18:00:00", apia)) == 1
    assert late.days_late(at("2011-12-31T18:00:00", apia)) == 2
    assert late.days_late(at("2011-12-31T18:00:01", apia)) == 4


def test_grace_is_not_late():
    late = rule(at("2026-11-02T18:00:00"), grace=timedelta(minutes=15))
    assert late.days_late(at("2026-11-02T18:15:00")) == 0
    assert late.days_late(at("2026-11-02T18:15:01")) == 1
    assert late.days_late(at("2026-11-03T18:15:00")) == 1
    assert late.days_late(at("2026-11-03T18:15:01")) == 2


@hypothesis.settings(deadline=None)
@given(
    due=st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(BERLIN)),
    hours=st.integers(-100, 2000),
    minutes=st.integers(0, 90),
)
def test_days_grow_with_time_by_one_a_day(due, hours, minutes):
    late = rule(due, grace=timedelta(minutes=minutes))
    moment = due.astimezone(UTC) + timedelta(hours=hours)
    days = late.days_late(moment)
    elapsed = (moment - due.astimezone(UTC) - timedelta(minutes=minutes)) / timedelta(days=1)
    assert (days == 0) == (elapsed <= 0)
    assert days == 0 or days - 1.05 < elapsed < days + 0.05  # one change of the clocks is 0.042 days
    assert late.days_late(moment + timedelta(hours=25)) >= days + (1 if days else 0)


def test_times_beyond_reason_are_only_late():
    assert rule(at("2026-11-02T18:00:00")).days_late(datetime.max.replace(tzinfo=UTC)) > 2_900_000


@pytest.mark.parametrize(
    ("policy", "days", "taken"),
    [
        ({"per_day": Decimal(10)}, 2, "2"),
        ({"per_day": Decimal("0.1")}, 3, "0.03"),  # in binary 0.1 * 3 is more
        ({"per_day": Decimal(10), "of": "score"}, 2, "1.46"),
        ({"per_day": Decimal(60)}, 2, "7.3"),  # never more than there is
        ({"per_day": Decimal(10), "max_days": 2}, 2, "2"),
        ({"per_day": Decimal(10), "max_days": 2}, 3, "7.3"),
        ({"max_days": 0}, 1, "7.3"),
        ({}, 5, "0"),
        ({"per_day": Decimal(10)}, 0, "0"),
    ],
)
def test_deductions_are_exact(policy, days, taken):
    late = rule(at("2026-11-02T18:00:00"), **policy)
    assert late.deduction(days, Decimal("7.3"), Decimal(10)) == Decimal(taken)


# extensions.csv

DUE = 'timezone = "Europe/Berlin"\nextensions = "extensions.csv"\n[assignments.tiny]\ndue = 2026-10-24T18:00:00\n'


@pytest.mark.parametrize(
    "table",
    [
        "student,assignment,due,days\nAnn Lee,tiny,,2\n007,tiny,2026-10-26 18:00,\n",
        "\ufeffDays;Student;Why;Assignment;Due\n2;Ann Lee;ill;tiny;\n;;;;\n;007;;tiny;2026-10-26T18:00\n",
        "student\tassignment\tdue\tdays\r\nAnn Lee\ttiny\t\t2\r\n007\ttiny\t2026-10-26T17:00Z\t\r\n",
        "student,assignment,due,days\nAnn Lee,tiny,,2\n007,tiny,2026-10-26T18:00+01:00,\n".encode("utf-16"),
    ],
)
def test_extensions_are_read_however_a_spreadsheet_wrote_them(course, table):
    settings = course(DUE, extensions=table)
    longer = datetime(2026, 10, 26, 17, tzinfo=UTC)  # two days by the wall: the clocks went back between
    for name in ("Ann Lee", "ann  lee", "ＡＮＮ Lee", "007"):
        assert settings.late_rule("tiny", name).due == longer
        assert settings.late_rule("tiny", name).extended
    for name in ("7", "0007", "Ann", ""):
        assert settings.late_rule("tiny", name).due == datetime(2026, 10, 24, 16, tzinfo=UTC)
    assert settings.late_rule("huge", "Ann Lee").due is None


def test_names_in_windows_code_page_and_the_longest_of_two_extensions(course):
    table = "student,assignment,days\nJosé Muñoz,tiny,1\njm@example.org,tiny,3\n"
    settings = course(DUE, extensions=table.encode("cp1252"))
    assert settings.late_rule("tiny", "josé muñoz").due == at("2026-10-25T18:00:00")
    assert settings.late_rule("tiny", "JM@example.org", "José Muñoz").due == at("2026-10-27T18:00:00")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "extensions.csv:1: no column 'student'; its first line holds: nothing"),
        ("name,assignment\n", "extensions.csv:1: no column 'student'; its first line holds: name, assignment"),
        ("student,student,assignment\n", "extensions.csv:1: two columns 'student'"),
        ("student,assignment,due\n,tiny,2026-10-26\n", "extensions.csv:2: no student"),
        ("student,assignment,due\nann,tinny,2026-10-26\n", ":2: no assignment 'tinny'; there are: huge, tiny"),
        ("student,assignment,due\nann\n", ":2: no assignment ''"),
        ("student,assignment,due\nann,tiny,\n", ":2: give a due date or a number of days, one of the two"),
        ("student,assignment,due,days\nann,tiny,2026-10-26,1\n", ":2: give a due date or a number of days"),
        ("student,assignment,due\nann,tiny,26.10.2026\n", ":2: due must be a date like 2026-11-02 or"),
        ("student,assignment,due\nann,tiny,0026-10-26\n", ":2: due in the year 26?"),
        ("student,assignment,days\nann,tiny,1.5\n", ":2: days must be a whole number up to 366, not '1.5'"),
        ("student,assignment,days\nann,tiny,-1\n", "not '-1'"),
        ("student,assignment,days\nann,tiny,99999999999999\n", "days must be a whole number"),
        ("student,assignment,days\nann,tiny,1\n\nANN,tiny,2\n", ":4: ANN has an extension for tiny in"),
        ("student,assignment,days\nann,huge,1\n", ":2: more days, but huge has no due date; add it to"),
        (f'student,assignment,days\n"{"x" * 200_000}",tiny,1\n', "extensions.csv:2: field larger than"),
        (b"\x81\x8d\x81", "neither UTF-8 nor UTF-16 text"),
    ],
)
def test_extensions_that_say_nothing_are_named_by_line(course, table, said):
    with pytest.raises(CourseError) as caught:
        course(DUE, extensions=table)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_extensions_of_nobody_are_told(course):
    table = "student,assignment,days\nann@example.org,tiny,1\nBen,tiny,1\nZoe,tiny,1\n"
    settings = course(DUE, extensions=table)
    idle = settings.idle_extensions("tiny", [("ann@example.org", "Ann"), ("17", "BEN")])
    assert [item.shown for item in idle] == ["Zoe"]
    assert settings.idle_extensions("huge", []) == ()


def test_an_extension_holds_whichever_name_of_a_person_it_uses(course):
    settings = course(DUE, extensions="student,assignment,days\nann@example.org,tiny,1\nBen,tiny,1\nZoe,tiny,1\n")
    assert not settings.late_rule("tiny", "17", "Ann Lee").extended
    settings = settings.with_people([("17", "ann@example.org", "Ann Lee"), ("18", "", "Ben"), ("19", "", "Ben Lee")])
    assert settings.late_rule("tiny", "17", "Ann Lee").extended
    assert settings.late_rule("tiny", "18").extended
    assert not settings.late_rule("tiny", "19", "Ben Lee").extended
    assert [item.shown for item in settings.idle_extensions("tiny", [])] == ["Zoe"]


def test_an_extension_for_a_name_that_two_people_share_is_refused(course):
    settings = course(DUE, extensions="student,assignment,days\nAnn Lee,tiny,1\n")
    with pytest.raises(
        CourseError, match=r"extensions\.csv:2: several people are known as 'Ann Lee'; give an id instead"
    ):
        settings.with_people([("17", "Ann Lee"), ("18", "ann lee")])
    twins = course(DUE, extensions="student,assignment,days\n17,tiny,1\n").with_people([("17", "Ann"), ("18", "Ann")])
    assert twins.late_rule("tiny", "17", "Ann").extended
    assert not twins.late_rule("tiny", "18", "Ann").extended


# What counts

LATE = DUE.replace('extensions = "extensions.csv"\n', "[late]\nper_day = 10\nmax_days = 3\n")


def test_late_days_take_off_and_say_so(course):
    settings = course(LATE)
    ann = final(settings, submitted=at("2026-10-25T18:00:01"))
    assert (ann.days_late, ann.deduction, ann.score) == (2, Decimal(2), Decimal(6))
    assert ann.note == "2 days late (due 2026-10-24 18:00): 20 % of the maximum taken off"
    gone = final(settings, submitted=at("2026-10-30T18:00:01"))
    assert (gone.deduction, gone.score) == (Decimal(8), Decimal(0))
    assert gone.note.endswith("more than 3, so it counts nothing")
    low = final(settings, "Ann", "0.5", at("2026-10-25T18:00:01"))
    assert (low.deduction, low.score) == (Decimal("0.5"), Decimal(0))
    fine = final(settings, submitted=at("2026-10-24T17:00:00"))
    assert (fine.deduction, fine.score, fine.note) == (Decimal(0), Decimal(8), "")


def test_a_students_own_due_date_is_named(course):
    settings = course(
        DUE.replace("[ass", "[late]\nper_day = 5\n[ass"), extensions="student,assignment,days\n17,tiny,1\n"
    )
    ann = final(settings, "Ann", identity="17", submitted=at("2026-10-26T12:00:00"))
    assert ann.score == Decimal("7.5")
    assert ann.note.startswith("1 day late (the student's own due date was 2026-10-25 18:00): 5 %")


def test_what_is_not_known_costs_nothing_and_is_said(course):
    settings = course(LATE)
    assert final(settings).note == "when it came is not known: nothing is taken off"
    marked = final(settings, marked_late=True)
    assert (marked.score, marked.days_late) == (Decimal(8), 0)
    assert marked.note == "marked late, but when it came is not known: nothing is taken off"
    without = course("")
    assert final(without).note == ""
    assert final(without, marked_late=True, submitted=at("2026-10-26T12:00:00")).note.startswith(
        "marked late, but the due"
    )
    assert final(settings, marked_late=True, submitted=at("2026-10-24T12:00:00")).note == ""


def test_which_attempt_counts(course):
    settings = course(LATE)
    attempts = [
        summary("Zoe", "3", identity="9"),
        summary("Ann", "9", at("2026-10-26T12:00:00"), slug="b", identity="1", attempt=2),  # 2 days late: 7
        summary("Ann", "7.5", at("2026-10-24T12:00:00"), slug="a", identity="1", attempt=1),
        summary("Ann", "8", at("2026-10-27T12:00:00"), slug="c", identity="1", attempt=3),  # 3 days late: 5
    ]
    chosen = {
        choice: [final.summary.slug for final in finals(attempts, settings, "tiny", attempts=choice)]
        for choice in (None, "latest", "best", "all")
    }
    assert chosen == {None: ["Zoe", "c"], "latest": ["Zoe", "c"], "best": ["Zoe", "a"], "all": ["Zoe", "a", "b", "c"]}


def test_equal_attempts_and_those_at_which_the_grader_broke(course):
    settings = course('attempts = "best"\n')
    attempts = [
        summary("Ann", None, at("2026-10-26T12:00:00"), slug="c", attempt=1),
        summary("Ann", "5", at("2026-10-25T12:00:00"), slug="b", attempt=1),
        summary("Ann", "5", at("2026-10-24T12:00:00"), slug="a", attempt=1),
    ]
    (best,) = finals(attempts, settings, "tiny")
    assert (best.summary.slug, best.score) == ("a", Decimal(5))
    (latest,) = finals(attempts, settings, "tiny", attempts="latest")
    assert (latest.summary.slug, latest.score, latest.deduction) == ("c", None, Decimal(0))
    assert latest.note == "no score: the grader broke; grade again"


def test_a_class_of_two_thousand_is_a_matter_of_moments(course):
    rows = "".join(f"s{number},tiny,1\n" for number in range(0, 2000, 10))
    settings = course(DUE, extensions="student,assignment,days\n" + rows)
    late = [summary(f"s{number}", submitted=at("2026-10-25T12:00:00")) for number in range(2000)]
    started = datetime.now(UTC)
    days = [final.days_late for final in finals(late, settings, "tiny")]
    assert datetime.now(UTC) - started < timedelta(seconds=3)
    assert days.count(0) == 200
    assert days.count(1) == 1800
