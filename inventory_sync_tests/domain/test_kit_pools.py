"""Orders in flight never leave a kit on offer whose parts they may take."""

from collections.abc import Iterator
from itertools import product as combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.allocation import OfferRules, offers
from inventory_sync.domain.orders import in_flight, in_flight_effect
from inventory_sync_tests.domain.samples import (
    BROOKLYN,
    acknowledged_frame,
    atp_of,
    flight,
    kits_of,
    lines_frame,
    no_flight,
    order_line,
    part,
    shown,
)
from inventory_sync_tests.erp.rows import product, stock

ONE_PLACE = {BROOKLYN: ["NYC"]}
EVERYTHING = OfferRules()
TABLE = [part("TABLE", "TOP"), part("TABLE", "LEG", "4")]
TABLE_STOCK = [stock("TOP", "5"), stock("LEG", "20")]


def test_a_kit_in_flight_leaves_one_kit_less():
    atp = atp_of(stock=TABLE_STOCK, components=TABLE)
    result = offers(atp, flight(("TABLE", 1), ("TOP", 1), ("LEG", 4)), ONE_PLACE, EVERYTHING)
    assert shown(result) == {
        (BROOKLYN, "TABLE"): 4,
        (BROOKLYN, "TOP"): 4,
        (BROOKLYN, "LEG"): 16,
    }


def test_a_part_in_flight_breaks_up_a_kit():
    atp = atp_of(stock=TABLE_STOCK, components=TABLE)
    result = shown(offers(atp, flight(("LEG", 5)), ONE_PLACE, EVERYTHING))
    assert result[BROOKLYN, "TABLE"] == 3


def test_parts_in_flight_may_break_up_a_kit_each():
    """The ERP may take the top in New York and the leg in Newark: then no table is left."""
    components = [part("TABLE", "TOP", "2"), part("TABLE", "LEG", "4")]
    held = [
        stock(sku, units, location=place)
        for sku, units in (("TOP", "2"), ("LEG", "4"))
        for place in ("NYC", "EWR")
    ]
    atp = atp_of(stock=held, components=components)
    places = {BROOKLYN: ["NYC", "EWR"]}
    assert shown(offers(atp, no_flight(), places, EVERYTHING))[BROOKLYN, "TABLE"] == 2
    ordered = flight(("TOP", 1), ("LEG", 1))
    assert shown(offers(atp, ordered, places, EVERYTHING))[BROOKLYN, "TABLE"] == 0


def test_a_part_that_is_not_published_itself_still_limits_its_kits():
    """Two kits share a part that no store sells: an order on one leaves less for the other."""
    names = ("TABLE", "STOOL", "TOP")
    atp = atp_of(
        products=[*(product(name) for name in names), product("LEG", tracked="0")],
        stock=TABLE_STOCK,
        components=[*TABLE, part("STOOL", "LEG", "4")],
    )
    result = shown(offers(atp, flight(("STOOL", 5), ("LEG", 20)), ONE_PLACE, EVERYTHING))
    assert result[BROOKLYN, "TABLE"] == 0
    assert result[BROOKLYN, "STOOL"] == 0


def test_a_kit_in_flight_breaks_up_the_other_kits_of_its_parts():
    atp = atp_of(stock=TABLE_STOCK, components=[*TABLE, part("STOOL", "LEG", "3")])
    result = shown(offers(atp, flight(("STOOL", 1), ("LEG", 3)), ONE_PLACE, EVERYTHING))
    assert result[BROOKLYN, "TABLE"] == 4


def test_parts_to_spare_in_flight_break_up_no_kit():
    atp = atp_of(stock=[stock("TOP", "5"), stock("LEG", "22")], components=TABLE)
    result = shown(offers(atp, flight(("LEG", 2)), ONE_PLACE, EVERYTHING))
    assert result[BROOKLYN, "TABLE"] == 5


def test_parts_that_are_plentiful_everywhere_cost_no_kit_wherever_they_are_taken():
    """Twenty legs to spare in New York and in Newark; twenty are on order."""
    held = [
        stock(sku, units, location=place)
        for sku, units in (("TOP", "5"), ("LEG", "40"))
        for place in ("NYC", "EWR")
    ]
    atp = atp_of(stock=held, components=TABLE)
    places = {BROOKLYN: ["NYC", "EWR"]}
    assert shown(offers(atp, flight(("LEG", 20)), places, EVERYTHING))[BROOKLYN, "TABLE"] == 10
    assert shown(offers(atp, flight(("LEG", 21)), places, EVERYTHING))[BROOKLYN, "TABLE"] == 9


def placements(units: int, bins: int) -> Iterator[tuple[int, ...]]:
    """Every way to take so many units out of so many bins."""
    if bins == 1:
        yield (units,)
        return
    for here in range(units + 1):
        for rest in placements(units - here, bins - 1):
            yield (here, *rest)


HELD = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=3)
"""Tops and legs at one to three ERP locations."""


@settings(max_examples=100, deadline=None)
@given(
    there=HELD,
    needs=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    ordered=st.tuples(*[st.integers(0, 2)] * 3),
)
def test_a_kit_is_never_offered_that_an_order_in_flight_may_break_up(there, needs, ordered):
    """Wherever the ERP will take the parts in flight from, the offered kits remain; where it has
    no choice, and where nothing is in flight, these are all that remain.
    """
    top, leg = zip(*there, strict=True)
    erp_locations = ("NYC", "EWR", "LAX")[: len(there)]
    components = [
        part("TABLE", name, str(n)) for name, n in zip(("TOP", "LEG"), needs, strict=True)
    ]
    held = [
        stock(sku, str(units), location=place)
        for sku, counts in (("TOP", top), ("LEG", leg))
        for place, units in zip(erp_locations, counts, strict=True)
    ]
    lines = lines_frame(
        *(
            order_line(f"L-{sku}", sku=sku, current_units=units, taken_units=units)
            for sku, units in zip(("TABLE", "TOP", "LEG"), ordered, strict=True)
        )
    )
    places = {BROOKLYN: erp_locations}
    effect = in_flight_effect(
        in_flight(lines, acknowledged_frame()), kits_of(*components), {"b2c": places}
    ).drop(columns="store")
    offer = shown(offers(atp_of(stock=held, components=components), effect, places, EVERYTHING))
    remaining = min(
        sum(
            min((t - took_t) // needs[0], (n - took_n) // needs[1]) - kits
            for t, n, kits, took_t, took_n in zip(top, leg, tables, tops, legs, strict=True)
        )
        for tables, tops, legs in combinations(
            *(placements(units, len(there)) for units in ordered)
        )
    )
    assert offer[BROOKLYN, "TABLE"] <= max(0, remaining)
    if len(there) == 1 or not any(ordered):
        assert offer[BROOKLYN, "TABLE"] == max(0, remaining)


@settings(max_examples=60, deadline=None)
@given(
    there=st.tuples(st.integers(0, 20), st.integers(0, 40)),
    ordered=st.fixed_dictionaries(
        {sku: st.integers(0, 3) for sku in ("TABLE", "STOOL", "TOP", "LEG")}
    ),
)
def test_at_one_location_exactly_the_kits_are_offered_that_all_orders_leave(there, ordered):
    """Tables of a top and four legs, stools of three legs, and both parts sold by themselves."""
    components = [*TABLE, part("STOOL", "LEG", "3")]
    held = [stock("TOP", str(there[0])), stock("LEG", str(there[1]))]
    lines = lines_frame(
        *(
            order_line(f"L-{sku}", sku=sku, current_units=units, taken_units=units)
            for sku, units in ordered.items()
        )
    )
    effect = in_flight_effect(
        in_flight(lines, acknowledged_frame()), kits_of(*components), {"b2c": ONE_PLACE}
    ).drop(columns="store")
    offer = shown(offers(atp_of(stock=held, components=components), effect, ONE_PLACE, EVERYTHING))
    tops = there[0] - ordered["TOP"] - ordered["TABLE"]
    legs = there[1] - ordered["LEG"] - 4 * ordered["TABLE"] - 3 * ordered["STOOL"]
    assert offer[BROOKLYN, "TABLE"] == max(0, min(tops, legs // 4))
    assert offer[BROOKLYN, "STOOL"] == max(0, legs // 3)
