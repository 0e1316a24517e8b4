"""A promise date is the ERP's, unchanged, or the first that projection and calendar allow."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.calendar import zone_named
from inventory_sync.domain.dated_rows import Report
from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.promise import (
    Departures,
    ErpPromise,
    NoDate,
    Place,
    Source,
    erp_promises,
    ladder,
    promise,
)
from inventory_sync_tests.domain import dated_oracles
from inventory_sync_tests.domain.promises import (
    DAY,
    INSTANTS,
    MONDAY,
    MORNING,
    WEEKS,
    calendar_of,
    curve,
    curves,
    ladder_of,
    place,
    says,
    spread,
)

ERP_SAYS = st.lists(st.tuples(st.integers(1, 40), st.integers(-3, 30)), max_size=4)


def when(found, units, region=None):
    """The ship date as days from Monday, or why there is none."""
    answer = promise(found, units, region)
    return answer.no_date if answer.ships_on is None else (answer.ships_on - MONDAY).days


@settings(max_examples=200, deadline=None)
@given(curves(), WEEKS, INSTANTS)
def test_a_computed_date_is_what_going_through_the_days_shows(found, week, asked_at):
    rungs = ladder("RETRO-CLOCK", Departures(Place("NYC", calendar_of(week)), asked_at), found)
    on_day = spread(found)
    for units in range(1, 35):
        expected = dated_oracles.ships_on(on_day, found.days[0], units, week, asked_at)
        assert promise(rungs, units).ships_on == expected


@settings(max_examples=200, deadline=None)
@given(curves(), ERP_SAYS, INSTANTS)
def test_more_units_never_ship_earlier(found, promised, asked_at):
    rungs = ladder("RETRO-CLOCK", Departures(place(), asked_at), found, says(*promised))
    dates = [promise(rungs, units).ships_on or date.max for units in range(1, 45)]
    assert dates == sorted(dates)


@settings(max_examples=100, deadline=None)
@given(curves(), st.integers(0, 5), INSTANTS)
def test_more_stock_never_ships_later(found, more, asked_at):
    richer = replace(found, micros=tuple(micros + more * 10**6 for micros in found.micros))
    before, after = (
        ladder("RETRO-CLOCK", Departures(place(), asked_at), each) for each in (found, richer)
    )
    for units in range(1, 35):
        earlier = promise(after, units).ships_on or date.max
        assert earlier <= (promise(before, units).ships_on or date.max)


@settings(max_examples=200, deadline=None)
@given(curves(), ERP_SAYS)
def test_the_erps_date_is_relayed_unchanged_wherever_it_has_one(found, promised):
    rungs = ladder("RETRO-CLOCK", Departures(place(), MORNING), found, says(*promised))
    for units in range(1, 45):
        said = [days for most, days in promised if most >= units and days >= 0]
        answer = promise(rungs, units)
        if said:
            assert (answer.ships_on, answer.source) == (MONDAY + min(said) * DAY, Source.ERP)
        else:
            assert answer.source in (Source.COMPUTED, None)


def test_a_promise_tells_what_covers_it_whose_it_is_and_when_it_arrives():
    answer = promise(ladder_of((0, 12), (5, 40)), 13, "US")
    assert (answer.sku, answer.location, answer.quantity_units) == ("RETRO-CLOCK", "NYC", 13)
    assert answer.covered_on == MONDAY + 5 * DAY  # a Saturday
    assert answer.ships_on == MONDAY + 7 * DAY
    assert answer.delivered_on == MONDAY + 10 * DAY
    assert (answer.source, answer.no_date) == (Source.COMPUTED, None)


def test_each_quantity_ships_when_it_is_covered():
    found = ladder_of((0, 12.5), (2, 40))
    assert [when(found, units) for units in (1, 12, 13, 40)] == [0, 0, 2, 2]


def test_what_is_not_covered_within_the_horizon_has_no_date():
    assert when(ladder_of((0, 12), (2, 40)), 41) == NoDate.BEYOND_HORIZON
    assert when(ladder_of(), 1) == NoDate.BEYOND_HORIZON


@pytest.mark.parametrize("certainty", [Certainty.AT_MOST, Certainty.UNKNOWN])
def test_figures_that_are_not_certain_have_no_date_but_the_erps(certainty):
    doubtful = curve((0, 12), certainty=certainty)
    found = ladder("RETRO-CLOCK", Departures(place(), MORNING), doubtful, says((5, 9)))
    assert [when(found, units) for units in (5, 6)] == [9, NoDate.UNCERTAIN]


def test_a_location_without_calendar_relays_the_erps_dates_and_has_none_of_its_own():
    found = ladder_of((0, 12), at=Place("MARS", None), promised=[(5, 9)])
    assert [when(found, units) for units in (5, 6)] == [9, NoDate.NO_CALENDAR]
    assert when(found, 5, "US") == NoDate.NO_TRANSIT


def test_a_region_without_transit_days_has_no_date():
    assert when(ladder_of((0, 12)), 1, "MOON") == NoDate.NO_TRANSIT


def test_no_computed_date_above_the_erps_quantities_is_before_its_last_date():
    found = ladder_of((0, 12), (2, 40), promised=[(5, 1), (8, 9)])
    assert [when(found, units) for units in (5, 6, 9, 40)] == [1, 9, 9, 9]
    assert promise(found, 9).source == Source.COMPUTED


def test_an_erp_date_that_has_passed_at_the_location_is_no_promise():
    found = ladder_of((0, 12), promised=[(5, -1), (8, 0)])
    assert [when(found, units) for units in (5, 8, 9)] == [0, 0, 0]
    assert promise(found, 8).source == Source.ERP
    next_morning = datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert promise(ladder_of((0, 12), promised=[(8, 0)], asked_at=next_morning), 8).source == (
        Source.COMPUTED
    )


def test_a_ladder_has_no_rung_that_promises_nothing_more():
    found = ladder_of((0, -3), (2, 4), (3, 9), promised=[(4, 1), (5, 1)])
    assert [(rung.micros, rung.source) for rung in found.rungs] == [
        (5_000_000, Source.ERP),
        (9_000_000, Source.COMPUTED),
    ]
    assert [rung.micros for rung in ladder_of((0, -3), (2, 4)).rungs] == [4_000_000]


@pytest.mark.parametrize("units", [0, -1])
def test_a_quantity_below_one_is_refused(units):
    with pytest.raises(PromiseRefused, match="at least 1"):
        promise(ladder_of((0, 12)), units)


def test_rows_of_the_erps_promises_are_grouped_and_bad_ones_reported():
    rows = pd.DataFrame(
        [
            ("RETRO-CLOCK", "NYC", 5_000_000, "2026-11-24"),
            ("RETRO-CLOCK", "NYC", 8_000_000, "2026-12-01"),
            ("RETRO-CLOCK", "NYC", 0, "2026-12-02"),
            ("RETRO-CLOCK", "NYC", 9_000_000, None),
            (None, "NYC", 9_000_000, "2026-12-02"),
        ],
        columns=["sku", "location", "quantity_micros", "promise_date"],
    ).astype({"sku": "category", "location": "category", "promise_date": "datetime64[s]"})
    report = Report()
    assert erp_promises(rows, report) == {
        ("RETRO-CLOCK", "NYC"): (
            ErpPromise(5_000_000, date(2026, 11, 24)),
            ErpPromise(8_000_000, date(2026, 12, 1)),
        )
    }
    assert report.frame()[["reason", "rows"]].values.tolist() == [
        ["it lacks a key or a date", 2],
        ["its quantity is not above zero", 1],
    ]


@pytest.mark.parametrize(("hour", "days"), [(4, 0), (5, None)])
def test_without_a_calendar_a_date_of_the_erp_passes_at_midnight_there(hour, days):
    at = Place("MARS", None, own_zone=zone_named("America/New_York"))
    asked_at = datetime(2026, 11, 24, hour, 59, tzinfo=UTC)  # five hours ahead of New York
    found = ladder_of((0, 12), at=at, promised=[(5, 0)], asked_at=asked_at)
    said = promise(found, 5).ships_on
    assert said == (None if days is None else MONDAY)
