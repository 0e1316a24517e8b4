"""From ATP to what a store location offers: exact, rounded down once, never more than is there."""

from decimal import Decimal

import numpy as np
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
    atp_of,
    flight,
    no_flight,
    shown,
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
