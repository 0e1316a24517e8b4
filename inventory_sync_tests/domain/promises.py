"""Ladders for the tests of promises: a few steps, a calendar, an instant on a Monday morning.

Put builders and strategies here that the tests of promise, profile and order promise share.
"""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from inventory_sync.domain.calendar import Calendar, zone_named
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.projection import Curve
from inventory_sync.domain.promise import Departures, ErpPromise, Place, ladder
from inventory_sync.domain.units import SCALE
from inventory_sync_tests.domain.dated_oracles import Week

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 14, tzinfo=UTC)
"""Nine o'clock in New York, before every cut-off."""

DAY = timedelta(days=1)


def calendar(**changes):
    values = {
        "zone": zone_named("America/New_York"),
        "working_days": frozenset(range(5)),
        "holidays": frozenset(),
        "cutoff": time(15),
        "handling_days": 0,
        "transit_days": {"US": 3},
    }
    return Calendar(**(values | changes))


def place(location="NYC", *, priority=0, **changes):
    return Place(location, calendar(**changes), priority)


def curve(*steps, certainty=Certainty.EXACT, first=MONDAY):
    """Steps as (days from Monday, units)."""
    days, units = zip(*steps, strict=True) if steps else ((), ())
    micros = tuple(int(each * SCALE) for each in units)
    return Curve(tuple(first + day * DAY for day in days), micros, certainty)


def says(*promises):
    """The ERP's promises as (units, days from Monday)."""
    return [ErpPromise(int(units * SCALE), MONDAY + days * DAY) for units, days in promises]


def ladder_of(*steps, sku="RETRO-CLOCK", at=None, promised=(), asked_at=MORNING):
    found = curve(*steps) if steps else None
    return ladder(sku, Departures(at or place(), asked_at), found, says(*promised))


@st.composite
def curves(draw):
    """Up to six steps in three weeks; some begin below zero, and some in the past."""
    days = draw(st.lists(st.integers(-2, 20), min_size=1, max_size=6, unique=True))
    halves = draw(
        st.lists(st.integers(-4, 60), min_size=len(days), max_size=len(days), unique=True)
    )
    return curve(*((day, half / 2) for day, half in zip(sorted(days), sorted(halves), strict=True)))


HOLIDAYS = st.frozensets(st.integers(0, 20).map(lambda days: MONDAY + days * DAY), max_size=4)
WEEKS = st.builds(
    Week,
    zone=st.sampled_from(["America/New_York", "Pacific/Kiritimati", "UTC"]),
    working=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=HOLIDAYS,
    cutoff=st.times(time(8), time(18)),
    handling_days=st.integers(0, 3),
)
INSTANTS = st.integers(-4_000, 16_000).map(lambda minutes: MORNING + timedelta(minutes=minutes))


def calendar_of(week):
    return Calendar(
        zone_named(week.zone),
        frozenset(week.working),
        frozenset(week.holidays),
        week.cutoff,
        week.handling_days,
        {"US": 3},
    )


def spread(found, days=40):
    """What a curve has on each day from its first on, in units."""
    return [on_day(found, found.days[0] + n * DAY) for n in range(days)]


def on_day(found, day):
    """What a curve has on a day, in units: that of its last step until then."""
    steps = zip(found.days, found.micros, strict=True)
    return max((micros for begins, micros in steps if begins <= day), default=0) / SCALE
