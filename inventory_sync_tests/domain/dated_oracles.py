"""Naive twins of projection and promise: day by day, order by order, line by line.

Put here ten-line versions written from the definition alone. Keep the product out: an oracle
imports nothing of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from inventory_sync_tests.oracles import Row, contained, floor, is_open, parts_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What a setting says about dated rows."""

    horizon_days: int
    supply_first: bool
    overdue_supply_days: int | None
    count_unconfirmed: bool


def projected(
    rows: Mapping[str, Sequence[Row]],
    sku: str,
    location: str,
    now: datetime,
    today: date,
    terms: Terms,
) -> list[Decimal]:
    """What can be promised on each day of the horizon: live through all days, take the lowest."""
    if parts := parts_of(sku, rows["components"]):
        columns = [
            [
                floor(on_day / quantity)
                for on_day in projected(rows, part, location, now, today, terms)
            ]
            for part, quantity in parts.items()
        ]
        return [min(on_day) for on_day in zip(*columns, strict=True)]
    here = Decimal(0)
    for row in rows["stock"]:
        if (row["sku"], row["location"]) == (sku, location):
            here += Decimal(row["physical"]) - Decimal(row["unavailable"])
    lowest_of_day = []
    for days in range(terms.horizon_days + 1):
        comes = arriving(rows["supply"], sku, location, today, days, terms)
        goes = leaving(rows, sku, location, now, lambda due, n=days: meant(due, today) == n)
        if terms.supply_first:
            here += comes
        here -= goes
        lowest_of_day.append(here)
        if not terms.supply_first:
            here += comes
    last = terms.horizon_days
    here -= leaving(rows, sku, location, now, lambda due: meant(due, today) > last)
    return [min([*lowest_of_day[days:], here]) for days in range(last + 1)]


def meant(due: str | None, today: date) -> int:
    """In how many days a commitment leaves: without a date, and too late, it leaves today."""
    return 0 if due is None else max(0, (date.fromisoformat(due) - today).days)


def arriving(
    supply: Sequence[Row], sku: str, location: str, today: date, days: int, terms: Terms
) -> Decimal:
    """What comes in so many days."""
    total = Decimal(0)
    for row in supply:
        if (row["sku"], row["location"]) != (sku, location) or row["due_date"] is None:
            continue
        if row["confirmed"] != "1" and not terms.count_unconfirmed:
            continue
        comes_in = (date.fromisoformat(row["due_date"]) - today).days
        if comes_in < 0 and terms.overdue_supply_days is None:
            continue
        if (terms.overdue_supply_days if comes_in < 0 else comes_in) == days:
            total += Decimal(row["quantity"])
    return total


def leaving(
    rows: Mapping[str, Sequence[Row]],
    sku: str,
    location: str,
    now: datetime,
    on_day: Callable[[str | None], bool],
) -> Decimal:
    """What open commitments take on a day."""
    return sum(
        (
            Decimal(row["quantity"]) * contained(row["sku"], sku, rows["components"])
            for row in rows["commitments"]
            if row["location"] == location and is_open(row, now) and on_day(row["due_date"])
        ),
        Decimal(0),
    )


@dataclass(frozen=True)
class Week:
    """A location's calendar."""

    zone: str
    working: Collection[int]
    holidays: Collection[date]
    cutoff: time
    handling_days: int

    def works(self, day: date) -> bool:
        return day.weekday() in self.working and day not in self.holidays


def ships_on(
    on_day: Sequence[Decimal], first: date, units: int, week: Week, asked_at: datetime
) -> date | None:
    """Go through the days; from the first that has enough, the order waits for working days.

    ``on_day`` is what can be promised on ``first`` and on each day after it.
    """
    local = asked_at.astimezone(ZoneInfo(week.zone))
    missed = week.works(local.date()) and local.time() > week.cutoff
    begins = local.date() + DAY if missed else local.date()
    for days, micros in enumerate(on_day):
        if micros >= units:
            begins = max(begins, first + days * DAY)
            break
    else:
        return None
    left = week.handling_days
    while not week.works(begins) or left:
        left -= week.works(begins)
        begins += DAY
    return begins


def looked_up(profile: Sequence[Sequence[Any]], units: int) -> str | None:
    """What the script of a storefront does with the profile."""
    for most, day in profile:
        if units <= most:
            return day
    return None
