"""The promise date: when a quantity of a SKU can ship from a location, and when it arrives.

Put here how projection, calendar and the ERP's own promise dates become one date. Orders of several
lines are ``order_promise.py``, what a storefront gets is ``profile.py``. Keep reading rows out.

No date is ever invented: what no day of the horizon covers, and what is not certain, has none.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

import pandas as pd

from inventory_sync.domain.calendar import Calendar
from inventory_sync.domain.dated_rows import LEFT_OUT, NOT_POSITIVE, Report
from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.projection import Curve
from inventory_sync.domain.units import SCALE


class Source(StrEnum):
    """Whose date it is: the ERP's, relayed unchanged, or ours."""

    ERP = "erp"
    COMPUTED = "computed"


class NoDate(StrEnum):
    """Why there is no date: a person reads "date on request"."""

    BEYOND_HORIZON = "not within the horizon"
    UNCERTAIN = "the ERP's figures are not certain"
    NO_CALENDAR = "the location has no calendar"
    NO_TRANSIT = "the location does not deliver to this region"


@dataclass(frozen=True, slots=True)
class Place:
    """An ERP location that can ship. Of equal dates the lowest ``priority`` is best, then the name.

    Without a calendar only the ERP's own promise dates are relayed; its days are those of
    ``own_zone``, which the calendar overrules.
    """

    location: str
    calendar: Calendar | None
    priority: int = 0
    own_zone: tzinfo = UTC

    @property
    def zone(self) -> tzinfo:
        """Whose days are meant when a date is said here."""
        return self.calendar.zone if self.calendar else self.own_zone

    def delivers_to(self, region: str | None) -> bool:
        """Whether it is known how long it takes to get there; None asks for no delivery date."""
        return region is None or self.transit_days(region) is not None

    def transit_days(self, region: str) -> int | None:
        """Days under way; None when nobody has said."""
        return None if self.calendar is None else self.calendar.transit_days.get(region)

    def delivered_on(self, shipped: date, region: str | None) -> date | None:
        """When it arrives; None without a region or without its transit days."""
        transit = None if region is None else self.transit_days(region)
        return None if transit is None else shipped + timedelta(days=transit)


@dataclass(frozen=True)
class Departures:
    """When things leave a place for a question at the instant ``asked_at`` (aware).

    Remembers what it has found: one is enough for all SKUs of a place.
    """

    place: Place
    asked_at: datetime
    _found: dict[date, date] = field(default_factory=dict, compare=False, repr=False)

    @property
    def today(self) -> date:
        """The date there."""
        return self.asked_at.astimezone(self.place.zone).date()

    def ships_on(self, covered: date, calendar: Calendar) -> date:
        """When something leaves that is there on the day ``covered``; not before we are asked."""
        if covered not in self._found:
            ready = max(covered, calendar.counts_on(self.asked_at))
            self._found[covered] = calendar.ships_on(ready)
        return self._found[covered]


@dataclass(frozen=True, slots=True)
class ErpPromise:
    """So many micros can ship on that date, says the ERP."""

    micros: int
    ships_on: date


@dataclass(frozen=True, slots=True)
class Rung:
    """Up to so many micros ship on that date. ``covered_on`` is the day that covers them first;
    None when the date is the ERP's.
    """

    micros: int
    ships_on: date
    source: Source
    covered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Every promise of one SKU at one place: rungs of rising micros and never falling dates.

    Beyond the last rung there is no date, for the reason ``beyond``. ``passed``: dates of the ERP
    that are over and do not count.
    """

    sku: str
    place: Place
    rungs: tuple[Rung, ...]
    beyond: NoDate = NoDate.BEYOND_HORIZON
    passed: tuple[ErpPromise, ...] = ()

    def rung(self, micros: int) -> Rung | None:
        """The first rung that reaches so high."""
        at = bisect_left(self.rungs, micros, key=lambda rung: rung.micros)
        return self.rungs[at] if at < len(self.rungs) else None


@dataclass(frozen=True, slots=True)
class Promise:
    """The answer for a quantity of a SKU from a location: dates and whose they are, or why not."""

    sku: str
    location: str
    quantity_units: int
    ships_on: date | None = None
    delivered_on: date | None = None
    source: Source | None = None
    covered_on: date | None = None
    no_date: NoDate | None = None


def ladder(
    sku: str, departures: Departures, curve: Curve | None, promised: Sequence[ErpPromise] = ()
) -> Ladder:
    """All promises of a SKU at a place.

    ``curve`` is its projection there (None: neither stock nor supply), ``promised`` what the ERP
    promises there (design 5). The ERP's dates come first and are never changed; of those that
    cover a quantity the earliest counts, and one that has passed is none. Above the ERP's largest
    quantity our own dates follow, not before its last one.
    """
    relayed = _relayed(promised, departures.today)
    rungs, beyond = _computed(departures, curve)
    if relayed:
        top = relayed[-1]
        rungs = [
            Rung(rung.micros, max(rung.ships_on, top.ships_on), rung.source, rung.covered_on)
            for rung in rungs
            if rung.micros > top.micros
        ]
    passed = tuple(each for each in promised if each.ships_on < departures.today)
    return Ladder(sku, departures.place, (*relayed, *rungs), beyond, passed)


def promise(ladder: Ladder, quantity_units: int, region: str | None = None) -> Promise:
    """When so many units ship, and arrive in the region. Raises ``PromiseRefused`` below one unit.

    A place without transit days to the region answers that it does not deliver there.
    """
    if quantity_units < 1:
        raise PromiseRefused(f"A promise needs a quantity of at least 1, not {quantity_units}.")
    place = ladder.place
    answer = (ladder.sku, place.location, quantity_units)
    if not place.delivers_to(region):
        return Promise(*answer, no_date=NoDate.NO_TRANSIT)
    rung = ladder.rung(quantity_units * SCALE)
    if rung is None:
        return Promise(*answer, no_date=ladder.beyond)
    delivered = place.delivered_on(rung.ships_on, region)
    return Promise(*answer, rung.ships_on, delivered, rung.source, rung.covered_on)


def departs_on(place: Place | None, covered: date) -> date:
    """When something leaves a place that is there on this day; the day itself where nobody has said
    how it works.
    """
    return place.calendar.ships_on(covered) if place and place.calendar else covered


def erp_promises(
    promise_dates: pd.DataFrame, report: Report
) -> Mapping[tuple[str, str], tuple[ErpPromise, ...]]:
    """Rows of the contract's ``promise_dates`` by SKU and location. Filter first: it is a loop.

    Rows without SKU, location, date or quantity cannot be relayed; the report counts them.
    """
    named = promise_dates[["sku", "location", "promise_date"]].notna().all(axis=1)
    positive = promise_dates["quantity_micros"] > 0
    report.add("promise_dates", LEFT_OUT, "it lacks a key or a date", promise_dates[~named])
    report.add("promise_dates", LEFT_OUT, NOT_POSITIVE, promise_dates[named & ~positive])
    found: dict[tuple[str, str], list[ErpPromise]] = {}
    columns = ["sku", "location", "quantity_micros", "promise_date"]
    rows = promise_dates.loc[named & positive, columns]
    for sku, location, micros, day in rows.itertuples(index=False):
        found.setdefault((sku, location), []).append(ErpPromise(int(micros), day.date()))
    return {pair: tuple(promises) for pair, promises in found.items()}


def _relayed(promised: Sequence[ErpPromise], today: date) -> list[Rung]:
    """The ERP's promises from the largest down: a smaller one adds something if it is earlier."""
    rungs: list[Rung] = []
    for each in sorted(promised, key=lambda each: (-each.micros, each.ships_on)):
        if each.ships_on >= today and (not rungs or each.ships_on < rungs[-1].ships_on):
            rungs.append(Rung(each.micros, each.ships_on, Source.ERP))
    return rungs[::-1]


def _computed(departures: Departures, curve: Curve | None) -> tuple[list[Rung], NoDate]:
    """Our own dates, and why there are none beyond them."""
    calendar = departures.place.calendar
    if calendar is None:
        return [], NoDate.NO_CALENDAR
    if curve is None:
        return [], NoDate.BEYOND_HORIZON
    if curve.certainty != Certainty.EXACT:
        return [], NoDate.UNCERTAIN
    rungs = [
        Rung(micros, departures.ships_on(day, calendar), Source.COMPUTED, day)
        for day, micros in zip(curve.days, curve.micros, strict=True)
        if micros > 0
    ]
    return rungs, NoDate.BEYOND_HORIZON
