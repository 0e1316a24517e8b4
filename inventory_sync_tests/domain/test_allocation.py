"""From ATP to what a store location offers: exact, rounded down once, never more than is there."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product as combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.allocation import (
    MAX_OFFER_UNITS,
    OFFER_COLUMNS,
    OfferRules,
    offer_units,
    offers,
)
from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.orders import in_flight, in_flight_effect
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import SCALE
from inventory_sync_tests import oracles
from inventory_sync_tests.domain.samples import (
    BROOKLYN,
    NOW,
    VENICE,
    acknowledged_frame,
    atp_of,
    kits_of,
    lines_frame,
    no_flight,
    order_line,
    part,
)
from inventory_sync_tests.domain.test_orders import as_acknowledged, as_frame
from inventory_sync_tests.domain.worlds import LEAVES, RULES, SKUS, STORES, erps, order_lines
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product, stock
from inventory_sync_tests.oracles import Rules

ONE_PLACE = {BROOKLYN: ["NYC"]}
EVERYTHING = OfferRules()


def offered(pool: str, **rules: object) -> int:
    """The offer of one pool in units."""
    micros = np.array([int(Decimal(pool) * SCALE)])
    return int(offer_units(micros, OfferRules(**rules))[0])


def shown(result: pd.DataFrame) -> dict[tuple[str, str], int]:
    columns = ["store_location_id", "sku", "offer_units"]
    return {(place, sku): n for place, sku, n in result[columns].itertuples(index=False)}


def flight(*rows: tuple[str, int], place: str = BROOKLYN) -> pd.DataFrame:
    """In flight by SKU, in units, at one place."""
    found = [(place, sku, units * SCALE) for sku, units in rows]
    return pd.DataFrame(found, columns=list(no_flight())).astype(no_flight().dtypes)


@pytest.mark.parametrize(
    ("pool", "rules", "expected"),
    [
        ("7", {}, 7),
        ("7.999999", {}, 7),
        ("0", {}, 0),
        ("-3", {}, 0),
        ("-3", {"buffer_units": 2}, 0),
        ("10", {"share": Decimal("0.5")}, 5),
        ("3", {"share": Decimal("0.333333")}, 0),
        ("3.000003", {"share": Decimal("0.333333")}, 0),
        ("3.000004", {"share": Decimal("0.333333")}, 1),
        ("10", {"share": Decimal("0.7")}, 7),
        ("2.5", {"share": Decimal("0.4")}, 1),
        ("10", {"share": Decimal(0)}, 0),
        ("10", {"buffer_units": 3}, 7),
        ("2", {"buffer_units": 3}, 0),
        ("7", {"hide_below_units": 7}, 7),
        ("6", {"hide_below_units": 7}, 0),
        ("7", {"cap_units": 7}, 7),
        ("8", {"cap_units": 7}, 7),
        ("8", {"cap_units": 0}, 0),
        # In this order: share, buffer, hide, cap.
        ("20", {"share": Decimal("0.5"), "buffer_units": 4}, 6),
        ("12", {"buffer_units": 4, "hide_below_units": 9}, 0),
        ("12", {"hide_below_units": 9, "cap_units": 5}, 5),
        # Quantities at which a float loses units.
        ("1000000000000", {"share": Decimal("0.000001")}, 1_000_000),
        ("999999999999.999999", {"share": Decimal("0.000999")}, 998_999_999),
        ("3000000003", {"share": Decimal("0.333333")}, 999_999_000),
        ("1000000000000", {}, MAX_OFFER_UNITS),
    ],
)
def test_an_offer(pool, rules, expected):
    assert offered(pool, **rules) == expected


def test_units_are_rounded_down_once_at_the_end():
    """(0.1 + 0.7) * 10 is 8; rounded too early it is 0, in binary floating point it is 7."""
    pieces = [stock("DYE", "0.1"), stock("DYE", "0.7", location="EWR")]
    atp = atp_of(stock=[*pieces, *(stock("DYE", "7.2", location="LAX"),)])
    places = {BROOKLYN: ["NYC", "EWR", "LAX"]}
    assert shown(offers(atp, no_flight(), places, EVERYTHING)) == {(BROOKLYN, "DYE"): 8}
    assert int((0.1 + 0.7) * 10) == 7


@given(
    st.integers(-(2**62), 2**62),
    st.decimals(min_value=0, max_value=1, places=6),
    RULES,
)
def test_an_offer_is_what_a_naive_calculation_says(pool_micros, share, rules):
    fast = OfferRules(share, rules.buffer, rules.hide_below, rules.cap)
    naive = Rules(share, rules.buffer, rules.hide_below, rules.cap)
    expected = min(oracles.offer(Decimal(pool_micros).scaleb(-6), naive), MAX_OFFER_UNITS)
    assert offer_units(np.array([pool_micros]), fast).tolist() == [expected]


def test_a_pool_sums_its_locations_and_a_negative_one_counts():
    atp = atp_of(
        stock=[stock(physical="10"), stock(location="LAX")],
        commitments=[commitment(location="EWR", quantity="3")],
    )
    places = {BROOKLYN: ["NYC", "EWR"], VENICE: ["LAX"], "gid/empty": ["PLANT-1"]}
    result = offers(atp, no_flight(), places, EVERYTHING)
    assert list(result) == list(OFFER_COLUMNS)
    assert shown(result) == {
        (BROOKLYN, "RETRO-CLOCK"): 7,
        (VENICE, "RETRO-CLOCK"): 5,
        ("gid/empty", "RETRO-CLOCK"): 0,
    }
    first = result.iloc[0]
    assert first["physical_micros"] - first["hold_micros"] == first["atp_micros"] == 7 * SCALE


def test_what_is_in_flight_is_deducted_from_the_pool_of_its_place():
    atp = atp_of(stock=[stock(physical="10"), stock(physical="9", location="LAX")])
    result = offers(
        atp, flight(("RETRO-CLOCK", 4)), {BROOKLYN: ["NYC"], VENICE: ["LAX"]}, EVERYTHING
    )
    assert shown(result) == {(BROOKLYN, "RETRO-CLOCK"): 6, (VENICE, "RETRO-CLOCK"): 9}
    assert result["pool_micros"].tolist() == [6 * SCALE, 9 * SCALE]


def test_a_tracked_sku_without_any_row_is_offered_as_zero_and_an_untracked_one_not_at_all():
    atp = atp_of(
        products=[product(), product("OAK-TABLE"), product("ENGRAVING", tracked="0")],
        stock=[stock(), stock("ENGRAVING")],
    )
    assert shown(offers(atp, no_flight(), ONE_PLACE, EVERYTHING)) == {
        (BROOKLYN, "OAK-TABLE"): 0,
        (BROOKLYN, "RETRO-CLOCK"): 5,
    }


def test_the_worst_certainty_of_its_locations_is_that_of_the_offer():
    atp = atp_of(stock=[stock(), stock(location="EWR", physical="-1"), stock(location="LAX")])
    places = {BROOKLYN: ["NYC", "EWR"], VENICE: ["LAX"]}
    result = offers(atp, no_flight(), places, EVERYTHING)
    assert result["certainty"].tolist() == [Certainty.UNKNOWN, Certainty.EXACT]


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


def test_a_kit_in_flight_breaks_up_the_other_kits_of_its_parts():
    atp = atp_of(stock=TABLE_STOCK, components=[*TABLE, part("STOOL", "LEG", "3")])
    result = shown(offers(atp, flight(("STOOL", 1), ("LEG", 3)), ONE_PLACE, EVERYTHING))
    assert result[BROOKLYN, "TABLE"] == 4


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


def test_a_kit_that_the_erp_has_not_yet_given_back_is_not_offered():
    atp = atp_of(stock=TABLE_STOCK, components=TABLE)
    result = offers(atp, flight(("TABLE", -1), ("TOP", -1), ("LEG", -4)), ONE_PLACE, EVERYTHING)
    assert shown(result) == {
        (BROOKLYN, "TABLE"): 5,
        (BROOKLYN, "TOP"): 6,
        (BROOKLYN, "LEG"): 24,
    }


def placements(units: int, bins: int) -> Iterator[tuple[int, ...]]:
    """Every way to take so many units out of so many bins."""
    if bins == 1:
        yield (units,)
        return
    for here in range(units + 1):
        for rest in placements(units - here, bins - 1):
            yield (here, *rest)


@settings(max_examples=40, deadline=None)
@given(
    top=st.lists(st.integers(0, 4), min_size=2, max_size=2),
    leg=st.lists(st.integers(0, 9), min_size=2, max_size=2),
    legs_each=st.integers(1, 4),
    ordered=st.fixed_dictionaries({name: st.integers(0, 2) for name in ("TABLE", "TOP", "LEG")}),
)
def test_a_kit_is_never_offered_that_an_order_in_flight_may_break_up(top, leg, legs_each, ordered):
    """Wherever the ERP will take the parts in flight from, the offered kits remain."""
    components = [part("TABLE", "TOP"), part("TABLE", "LEG", str(legs_each))]
    held = [
        stock(sku, str(units), location=place)
        for sku, counts in (("TOP", top), ("LEG", leg))
        for place, units in zip(("NYC", "EWR"), counts, strict=True)
    ]
    atp = atp_of(stock=held, components=components)
    lines = lines_frame(
        *(
            order_line(f"L-{sku}", sku=sku, current_units=units, taken_units=units)
            for sku, units in ordered.items()
        )
    )
    places = {BROOKLYN: ["NYC", "EWR"]}
    effect = in_flight_effect(
        in_flight(lines, acknowledged_frame()), kits_of(*components), {"b2c": places}
    )
    offer = shown(offers(atp, effect.drop(columns="store"), places, EVERYTHING))
    remaining = min(
        sum(
            min(t - took_top - kits, (n - took_leg - kits * legs_each) // legs_each)
            for t, n, took_top, took_leg, kits in zip(top, leg, tops, legs, tables, strict=True)
        )
        for tops, legs, tables in combinations(
            placements(ordered["TOP"], 2),
            placements(ordered["LEG"], 2),
            placements(ordered["TABLE"], 2),
        )
    )
    assert offer[BROOKLYN, "TABLE"] <= max(0, remaining)


@settings(max_examples=50, deadline=None)
@given(erps(), order_lines(), RULES)
def test_offers_are_what_a_naive_calculation_says(rows, world, rules):
    lines, acknowledged = world
    atp = available_to_promise(judge(FakeErp(rows).snapshot()), NOW)
    effect = in_flight_effect(
        in_flight(as_frame(lines), as_acknowledged(acknowledged)), atp.kits, STORES
    )
    fast = OfferRules(rules.share, rules.buffer, rules.hide_below, rules.cap)
    kits = {row["kit_sku"] for row in rows["components"]}
    for store, places in STORES.items():
        mine = effect[effect["store"] == store]
        found = shown(offers(atp, mine, places, fast))
        assert found.keys() == {(place, sku) for place in places for sku in SKUS}
        for place, locations in places.items():
            for sku in LEAVES:
                pool = sum(oracles.atp(rows, sku, location, NOW) for location in locations)
                pool -= oracles.in_flight_at(
                    lines, acknowledged, STORES, (store, place), sku, rows["components"]
                )
                assert found[place, sku] == oracles.offer(pool, rules)
            for sku in kits:
                at_most = sum(oracles.atp(rows, sku, location, NOW) for location in locations)
                assert found[place, sku] <= oracles.offer(Decimal(at_most), rules)
