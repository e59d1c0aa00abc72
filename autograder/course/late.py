"""What being late means and costs, for one student and one assignment: exact to the microsecond and the decimal.

- A day is one by the clock on the wall of the course's time zone: what is due on Saturday at 18:00 is one day late
  until Sunday at 18:00, also where the clocks are changed in between. A day that has begun counts whole.
- A time that the clocks show twice, or never, is the later of the two moments that it could be.
- Grace does not count as late: it moves the due date, and each late day with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal

Base = Literal["maximum", "score"]
_DAY = timedelta(days=1)
_MANY = 3650  # late days beyond which an hour more or less is nobody's concern


@dataclass(frozen=True)
class LatePolicy:
    """What course.toml says of late days, for the course or one assignment.

    Attributes:
        grace: after the due date, in which nothing is late.
        per_day: percent that each late day costs.
        of: of what: the maximum of the assignment, or the score that was earned.
        max_days: late days after which a submission counts nothing; None: no such limit.
    """

    grace: timedelta = timedelta(0)
    per_day: Decimal = Decimal(0)
    of: Base = "maximum"
    max_days: int | None = None


FREE = LatePolicy()


@dataclass(frozen=True)
class LateRule:
    """The policy with the due date that one student has.

    Attributes:
        due: in UTC; None: never late.
        zone: whose days are counted.
        extended: ``due`` is the student's own.
    """

    due: datetime | None
    zone: tzinfo
    policy: LatePolicy = FREE
    extended: bool = False

    def days_late(self, submitted: datetime) -> int:
        """Days begun after due date and grace; 0: in time. A time without a zone is one of the course."""
        if self.due is None:
            return 0
        moment = submitted if submitted.tzinfo is not None else submitted.replace(tzinfo=self.zone)
        late = moment - self.due - self.policy.grace
        if late <= timedelta(0):
            return 0
        days = math.ceil(late / _DAY)
        if days > _MANY:
            return days
        # Where the clocks were changed, a day has an hour or so more or less: the count is off by one at most.
        return next(count for count in range(max(1, days - 1), days + 3) if moment <= self._end_of_day(count))

    def deduction(self, days: int, score: Decimal, maximum: Decimal) -> Decimal:
        """What ``days`` late days take off a score; never more than all of it."""
        if self.policy.max_days is not None and days > self.policy.max_days:
            return score
        base = maximum if self.policy.of == "maximum" else score
        return min(score, base * self.policy.per_day.scaleb(-2) * days)

    def _end_of_day(self, count: int) -> datetime:
        assert self.due is not None
        wall = self.due.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return moment_of(wall + count * _DAY, self.zone) + self.policy.grace


def moment_of(wall: datetime, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which a zone's clocks show a time; the later one where that is in doubt."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
