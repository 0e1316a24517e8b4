"""Working days: when an order counts, when it leaves, when it arrives.

Put what a location's calendar says here. Keep quantities out: which day has enough of a SKU is
``projection.py``; what is promised from both is ``promise.py``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inventory_sync.domain.errors import CalendarRefused

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LocalToday:
    """What day it is at each location at the instant ``now`` (aware).

    A location without a time zone lives by UTC.
    """

    now: datetime
    zones: Mapping[str, ZoneInfo]

    def at(self, location: str) -> date:
        """The date there."""
        return self.day_of(self.now, location)

    def day_of(self, moment: datetime, location: str) -> date:
        """The date there at another instant."""
        return moment.astimezone(self.zones.get(location, UTC)).date()

    def next_midnight(self) -> datetime:
        """When the next day begins at the first of the locations, in UTC."""
        begins = [
            datetime.combine(self.now.astimezone(zone).date() + _DAY, time(), zone)
            for zone in (UTC, *self.zones.values())
        ]
        return min(moment.astimezone(UTC) for moment in begins)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one location.

    ``working_days`` count from 0, Monday. An order after ``cutoff`` (wall clock there) counts as
    the next working day's. ``handling_days`` are working days; ``transit_days``, by destination
    region, are days of any kind. Raises ``CalendarRefused`` when nothing could ever be shipped.
    """

    zone: ZoneInfo
    working_days: frozenset[int]
    holidays: frozenset[date]
    cutoff: time
    handling_days: int
    transit_days: Mapping[str, int]

    def __post_init__(self) -> None:
        if not self.working_days or not self.working_days <= set(range(7)):
            raise CalendarRefused(
                "A calendar has no working day; name at least one of mon to sun in working_days."
            )
        if min(self.handling_days, *self.transit_days.values(), 0) < 0:
            raise CalendarRefused("handling_days or transit_days is negative; use 0 or more.")

    def is_working_day(self, day: date) -> bool:
        """Whether the location works on this day."""
        return day.weekday() in self.working_days and day not in self.holidays

    def working_day_from(self, day: date) -> date:
        """The day itself, or the first working day after it."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def cutoff_at(self, day: date) -> datetime:
        """The instant until which an order still counts on this day, in UTC.

        A wall clock shows some times twice, or skips them, when the clocks change: of the two
        readings, the earlier one counts.
        """
        readings = (datetime.combine(day, self.cutoff, self.zone).replace(fold=n) for n in (0, 1))
        return min(reading.astimezone(UTC) for reading in readings)

    def counts_on(self, asked_at: datetime) -> date:
        """The working day as whose order one counts that arrives at this instant."""
        day = asked_at.astimezone(self.zone).date()
        return self.working_day_from(day + _DAY if asked_at > self.cutoff_at(day) else day)

    def ships_on(self, ready: date) -> date:
        """When something leaves whose handling can begin on this day: so many working days later.

        Without handling days it leaves on the first working day.
        """
        day = self.working_day_from(ready)
        for _ in range(self.handling_days):
            day = self.working_day_from(day + _DAY)
        return day


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name; raises ``CalendarRefused`` when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarRefused(
            f"{name!r} is not a time zone; use a name such as America/New_York."
        ) from error


def weekdays(names: Collection[str]) -> frozenset[int]:
    """The numbers of weekdays named mon to sun; raises ``CalendarRefused`` for other names."""
    strange = sorted(set(names) - set(WEEKDAYS))
    if strange:
        raise CalendarRefused(f"{strange[0]!r} is not a weekday; use {', '.join(WEEKDAYS)}.")
    return frozenset(WEEKDAYS.index(name) for name in names)
