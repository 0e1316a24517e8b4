"""The lines of an order share what each place has; the earliest place is best."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.order_promise import Complete, Wanted, promise_order
from inventory_sync.domain.promise import Departures, NoDate, Place, Source, ladder
from inventory_sync_tests.domain.promises import (
    DAY,
    MONDAY,
    MORNING,
    curve,
    curves,
    ladder_of,
    on_day,
    place,
)

NYC, EWR, LAX = place("NYC"), place("EWR"), place("LAX")
PLACES = [NYC, EWR, LAX]
TABLE = {"TABLE": {"LEG": Fraction(4), "TOP": Fraction(1)}}
EVERY_DAY = {"working_days": frozenset(range(7)), "transit_days": {"US": 2}}


def ladders(**by_location):
    """Ladders by keyword: ``NYC={"LEG": [(0, 4)]}`` has four legs today."""
    at = {each.location: each for each in PLACES}
    return {
        (sku, location): ladder_of(*steps, sku=sku, at=at[location])
        for location, skus in by_location.items()
        for sku, steps in skus.items()
    }


def days(promises):
    """Ship dates as days from Monday, or why there is none."""
    return [
        each.no_date if each.ships_on is None else (each.ships_on - MONDAY).days
        for each in promises
    ]


def shipped(order):
    """The split option as (line, location, units, days from Monday)."""
    return [
        (part.line, each.location, each.quantity_units, (each.ships_on - MONDAY).days)
        for part in order.split
        for each in [part.promise]
    ]


def test_an_order_has_a_date_for_every_line_and_place_and_ships_complete_with_its_last_line():
    found = ladders(
        NYC={"CLOCK": [(0, 5)], "TABLE": [(2, 9)]}, EWR={"CLOCK": [(1, 5)], "TABLE": [(1, 9)]}
    )
    order = promise_order([Wanted("CLOCK", 5), Wanted("TABLE", 1)], PLACES, found)
    assert [days(line.by_place) for line in order.lines] == [
        [0, 1, NoDate.BEYOND_HORIZON],
        [2, 1, NoDate.BEYOND_HORIZON],
    ]
    assert [line.best.location for line in order.lines] == ["NYC", "EWR"]
    assert order.complete == (
        Complete("NYC", MONDAY + 2 * DAY, None),
        Complete("EWR", MONDAY + DAY, None),
    )
    assert order.best == order.complete[1]
    assert shipped(order) == [(0, "NYC", 5, 0), (1, "EWR", 1, 1)]
    assert order.open_units == (0, 0)


@pytest.mark.parametrize(
    ("priorities", "best"), [((0, 0), "EWR"), ((0, 1), "NYC"), ((1, 0), "EWR"), ((3, 3), "EWR")]
)
def test_of_equal_dates_the_priority_decides_and_then_the_name(priorities, best):
    places = [place("NYC", priority=priorities[0]), place("EWR", priority=priorities[1])]
    found = ladders(NYC={"CLOCK": [(0, 5)]}, EWR={"CLOCK": [(0, 5)]})
    order = promise_order([Wanted("CLOCK", 5)], places, found)
    assert (order.best.location, order.lines[0].best.location) == (best, best)
    assert shipped(order) == [(0, best, 5, 0)]


def test_with_a_region_the_earliest_delivery_is_best():
    near, far = place("NYC", transit_days={"US": 1}), place("LAX", transit_days={"US": 5})
    found = {
        ("CLOCK", "NYC"): ladder_of((2, 5), sku="CLOCK", at=near),
        ("CLOCK", "LAX"): ladder_of((0, 5), sku="CLOCK", at=far),
    }
    lines = [Wanted("CLOCK", 5)]
    assert promise_order(lines, [near, far], found).best.location == "LAX"
    order = promise_order(lines, [near, far], found, region="US")
    assert order.best == Complete("NYC", MONDAY + 2 * DAY, MONDAY + 3 * DAY)


def test_a_place_that_does_not_deliver_to_the_region_is_not_offered():
    abroad = place("EWR", transit_days={"EU": 9})
    found = ladders(NYC={"CLOCK": [(2, 5)]}) | {
        ("CLOCK", "EWR"): ladder_of((0, 5), sku="CLOCK", at=abroad)
    }
    order = promise_order([Wanted("CLOCK", 1)], [NYC, abroad], found, region="US")
    assert days(order.lines[0].by_place) == [2, NoDate.NO_TRANSIT]
    assert [each.location for each in order.complete] == ["NYC"]
    assert shipped(order) == [(0, "NYC", 1, 2)]


def test_a_region_that_no_place_delivers_to_is_refused_with_the_known_ones():
    with pytest.raises(PromiseRefused, match="region MOON; known regions: US"):
        promise_order([Wanted("CLOCK", 1)], PLACES, {}, region="MOON")
    with pytest.raises(PromiseRefused, match="known regions: none"):
        promise_order([Wanted("CLOCK", 1)], [Place("MARS", None)], {}, region="US")


@pytest.mark.parametrize(("lines", "places"), [([], PLACES), ([Wanted("CLOCK", 1)], [])])
def test_an_order_without_lines_or_places_is_refused(lines, places):
    with pytest.raises(PromiseRefused, match="at least one line and one location"):
        promise_order(lines, places, {})


def test_a_line_without_a_quantity_is_refused():
    with pytest.raises(PromiseRefused, match="at least 1"):
        promise_order([Wanted("CLOCK", 0)], PLACES, {})


def test_lines_of_one_sku_are_served_in_their_order():
    found = ladders(NYC={"CLOCK": [(0, 5), (3, 8)]})
    order = promise_order([Wanted("CLOCK", 4), Wanted("CLOCK", 3)], [NYC], found)
    assert [days(line.by_place) for line in order.lines] == [[0], [3]]
    assert shipped(order) == [(0, "NYC", 4, 0), (1, "NYC", 1, 0), (1, "NYC", 2, 3)]


def test_a_kit_and_a_line_of_its_parts_share_the_parts():
    found = ladders(NYC={"LEG": [(0, 6), (2, 10)], "TOP": [(0, 9)], "TABLE": [(0, 1), (2, 2)]})
    order = promise_order(
        [Wanted("TABLE", 1), Wanted("LEG", 3), Wanted("TABLE", 1)], [NYC], found, parts=TABLE
    )
    assert [days(line.by_place) for line in order.lines] == [[0], [2], [NoDate.BEYOND_HORIZON]]


def test_a_kit_that_waits_for_a_part_that_others_take_is_no_longer_the_erps_promise():
    found = ladders(NYC={"LEG": [(0, 4), (2, 8)], "TOP": [(0, 9)]}) | {
        ("TABLE", "NYC"): ladder_of((0, 1), sku="TABLE", at=NYC, promised=[(1, 0)])
    }
    alone = promise_order([Wanted("TABLE", 1)], [NYC], found, parts=TABLE)
    assert alone.lines[0].best.source == Source.ERP
    shared = promise_order([Wanted("LEG", 4), Wanted("TABLE", 1)], [NYC], found, parts=TABLE)
    assert days(shared.lines[1].by_place) == [2]
    assert shared.lines[1].best.source == Source.COMPUTED


def test_a_split_takes_each_part_where_it_is_first_and_tells_what_stays_open():
    found = ladders(NYC={"CLOCK": [(0, 5), (3, 9)]}, EWR={"CLOCK": [(1, 4)]})
    order = promise_order([Wanted("CLOCK", 20)], PLACES, found)
    assert shipped(order) == [(0, "NYC", 5, 0), (0, "EWR", 4, 1), (0, "NYC", 4, 3)]
    assert order.open_units == (7,)
    assert (order.best, order.complete, order.lines[0].best) == (None, (), None)


def test_parts_that_leave_a_place_on_one_day_are_one_shipment():
    """Saturday's and Sunday's supply leave together on Monday."""
    order = promise_order([Wanted("CLOCK", 5)], [NYC], ladders(NYC={"CLOCK": [(5, 2), (6, 5)]}))
    assert shipped(order) == [(0, "NYC", 5, 7)]


SKUS = ("TABLE", "LEG", "TOP")
PAIRS = [(sku, each.location) for sku in SKUS for each in PLACES]
ORDERS = st.lists(
    st.builds(Wanted, st.sampled_from(SKUS), st.integers(1, 12)), min_size=1, max_size=4
)
PARTS = st.fixed_dictionaries({pair: st.none() | curves() for pair in PAIRS if pair[0] != "TABLE"})
CALENDAR = [MONDAY + n * DAY for n in range(30)]


def with_kits(stocks):
    """The curves of the parts, and those of the kit that they allow."""
    result = {pair: found for pair, found in stocks.items() if found is not None}
    for each in PLACES:
        parts = {sku: stocks[sku, each.location] for sku in ("LEG", "TOP")}
        if None not in parts.values():
            kits = [
                min(on_day(found, day) // TABLE["TABLE"][sku] for sku, found in parts.items())
                for day in CALENDAR
            ]
            rises = [n for n in range(len(kits)) if n == 0 or kits[n] != kits[n - 1]]
            result["TABLE", each.location] = curve(*((n, kits[n]) for n in rises))
    return result


STOCKS = PARTS.map(with_kits)


def every_day(location):
    return place(location, **EVERY_DAY)


def found_of(stocks):
    return {
        (sku, location): ladder(sku, Departures(every_day(location), MORNING), found)
        for (sku, location), found in stocks.items()
    }


def needs(sku, units):
    """What so many units of a SKU take: themselves, and the parts of a kit."""
    return {sku: units} | {part: n * units for part, n in TABLE.get(sku, {}).items()}


def naive_day(lines, stocks, location):
    """The first day on which there is enough of all that the last of these lines needs."""
    for day in CALENDAR:
        for sku in needs(lines[-1].sku, 1):
            taken = sum(needs(line.sku, line.quantity_units).get(sku, 0) for line in lines)
            if (sku, location) not in stocks or on_day(stocks[sku, location], day) < taken:
                break
        else:
            return day
    return None


@settings(max_examples=150, deadline=None)
@given(ORDERS, STOCKS)
def test_every_line_waits_for_what_the_lines_before_it_take(lines, stocks):
    places = [every_day(each.location) for each in PLACES]
    order = promise_order(lines, places, found_of(stocks), parts=TABLE)
    for number, line in enumerate(order.lines, start=1):
        for at, answer in zip(places, line.by_place, strict=True):
            assert answer.ships_on == naive_day(lines[:number], stocks, at.location)


@settings(max_examples=150, deadline=None)
@given(ORDERS, STOCKS)
def test_a_split_never_takes_more_than_a_place_can_promise_by_then(lines, stocks):
    places = [every_day(each.location) for each in PLACES]
    order = promise_order(lines, places, found_of(stocks), parts=TABLE)
    for sku, location in PAIRS:
        for day in CALENDAR:
            taken = sum(
                needs(part.promise.sku, part.promise.quantity_units).get(sku, 0)
                for part in order.split
                if part.promise.location == location and part.promise.ships_on <= day
            )
            found = stocks.get((sku, location))
            assert taken == 0 or taken <= on_day(found, day)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), STOCKS)
def test_a_split_line_is_complete_as_soon_as_all_places_together_have_it(units, stocks):
    places = [every_day(each.location) for each in PLACES]
    order = promise_order([Wanted("LEG", units)], places, found_of(stocks))
    legs = [found for (sku, _), found in stocks.items() if sku == "LEG"]
    together = [sum(max(0, int(on_day(found, day))) for found in legs) for day in CALENDAR]
    given_units = sum(part.promise.quantity_units for part in order.split)
    assert given_units == min(units, together[-1])
    assert order.open_units == (units - given_units,)
    if given_units == units:
        last = max(part.promise.ships_on for part in order.split)
        assert last == next(d for d, n in zip(CALENDAR, together, strict=True) if n >= units)


@settings(max_examples=80, deadline=None)
@given(ORDERS, PARTS, st.sampled_from(["LEG", "TOP"]), curves())
def test_more_stock_never_makes_a_line_or_the_order_later(lines, stocks, sku, more):
    places = [every_day(each.location) for each in PLACES]
    poor, rich = stocks | {(sku, "EWR"): None}, stocks | {(sku, "EWR"): more}
    before, after = (
        promise_order(lines, places, found_of(with_kits(each)), parts=TABLE)
        for each in (poor, rich)
    )
    for old, new in zip(before.lines, after.lines, strict=True):
        for earlier, later in zip(new.by_place, old.by_place, strict=True):
            assert later.ships_on is None or earlier.ships_on <= later.ships_on
    if before.best is not None:
        assert after.best.ships_on <= before.best.ships_on
