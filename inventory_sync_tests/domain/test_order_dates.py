"""When the lines of placed orders ship, and that no date of theirs is invented."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.order_dates import (
    NOT_COVERED,
    NOT_SAID,
    ON_HOLD,
    DatedPart,
    FlyingPart,
    OrderedPart,
    by_line,
    computed_date,
    erp_date,
)
from inventory_sync.domain.promise import Departures, Source, ladder, promise
from inventory_sync.domain.units import SCALE
from inventory_sync_tests.domain.promises import MONDAY, MORNING, curve, curves, place, says

LINE = ("b2b-us", "gid://shopify/Order/1", "gid://shopify/LineItem/1", "RETRO-CLOCK")
FRIDAY = date(2026, 11, 27)
NYC, LAX = place("NYC"), place("LAX", priority=1)


def known(due=FRIDAY, kind="order"):
    return OrderedPart(*LINE, "NYC", due, kind)


def flying(units, *places):
    return FlyingPart(*LINE, units * SCALE, places or (NYC,), MORNING)


def deducted(found, units):
    """A projection after an order in flight was taken out of it."""
    return replace(found, micros=tuple(each - units * SCALE for each in found.micros))


def test_the_date_of_the_erp_is_relayed_unchanged_to_the_end_of_that_day_there():
    dated = erp_date(known(), NYC)
    assert (dated.ships_on, dated.source) == (FRIDAY, Source.ERP)
    assert dated.ships_by == datetime(2026, 11, 28, 4, 59, 59, tzinfo=UTC)  # midnight in New York


def test_a_date_of_the_erp_that_has_passed_is_still_its_date():
    assert erp_date(known(due=date(2020, 1, 2)), NYC).ships_on == date(2020, 1, 2)


@pytest.mark.parametrize(
    ("part", "reason"), [(known(due=None), NOT_SAID), (known(kind="hold"), ON_HOLD)]
)
def test_without_a_date_or_a_decision_of_the_erp_there_is_none(part, reason):
    dated = erp_date(part, NYC)
    assert (dated.ships_on, dated.ships_by, dated.source) == (None, None, None)
    assert dated.reason == reason


@settings(max_examples=200, deadline=None)
@given(curves(), st.integers(1, 40))
def test_an_order_in_flight_has_the_date_that_its_buyer_was_told(found, units):
    before = ladder("RETRO-CLOCK", Departures(NYC, MORNING), found)
    dated = computed_date(flying(units), {("RETRO-CLOCK", "NYC"): deducted(found, units)}, {})
    assert dated.ships_on == promise(before, units).ships_on


def test_the_erps_own_promise_counts_for_an_order_that_it_does_not_know():
    told = {("RETRO-CLOCK", "NYC"): says((5, 3))}
    dated = computed_date(flying(4), {("RETRO-CLOCK", "NYC"): curve((0, 0))}, told)
    assert (dated.ships_on, dated.source) == (date(2026, 11, 26), Source.ERP)


def test_two_places_may_ship_it_between_them():
    found = {
        ("RETRO-CLOCK", "NYC"): deducted(curve((0, 6), (9, 20)), 10),
        ("RETRO-CLOCK", "LAX"): deducted(curve((1, 4)), 10),
    }
    dated = computed_date(flying(10, NYC, LAX), found, {})
    assert (dated.ships_on, dated.source) == (date(2026, 11, 24), Source.COMPUTED)
    assert computed_date(flying(10, NYC), found, {}).ships_on == date(2026, 12, 2)


@pytest.mark.parametrize(
    "found", [None, curve((0, -3)), curve((0, 9), certainty=Certainty.AT_MOST)]
)
def test_what_nothing_covers_or_is_uncertain_has_no_date(found):
    curves_of = {("RETRO-CLOCK", "NYC"): found} if found else {}
    dated = computed_date(flying(2), curves_of, {})
    assert (dated.ships_on, dated.source) == (None, None)
    assert dated.reason == NOT_COVERED


def test_a_line_ships_with_its_last_part():
    early = DatedPart(*LINE, MONDAY, MORNING, Source.ERP)
    late = DatedPart(*LINE, FRIDAY, MORNING, Source.COMPUTED)
    (line,) = by_line([late, early])
    assert (line.ships_on, line.source) == (FRIDAY, Source.COMPUTED)
    assert by_line([early, early]) == [early]


def test_a_line_with_an_undated_part_has_no_date():
    dated = DatedPart(*LINE, FRIDAY, MORNING, Source.ERP)
    open_end = DatedPart(*LINE, reason=NOT_SAID)
    assert by_line([dated, open_end]) == [open_end]
