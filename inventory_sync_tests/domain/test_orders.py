"""In flight: what the ERP's figures do not hold yet of each order line, and who deducts it."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings

from inventory_sync.domain.orders import in_flight, in_flight_effect, known_sku
from inventory_sync.domain.units import SCALE, micros_to_decimal
from inventory_sync_tests import oracles
from inventory_sync_tests.domain.samples import (
    BROOKLYN,
    VENICE,
    acknowledged_frame,
    kits_of,
    lines_frame,
    order_line,
    part,
)
from inventory_sync_tests.domain.worlds import LEAVES, STORES, component_lists, order_lines

NO_KITS = kits_of()
SHARED = {
    "b2c": {BROOKLYN: ["NYC", "EWR"], VENICE: ["LAX"]},
    "b2b": {"gid/b2b": ["EWR", "LAX"]},
    "outlet": {"gid/outlet": ["PLANT-1"]},
}


def units_in_flight(lines, acknowledged):
    """In flight by line and place, in units."""
    found = in_flight(lines, acknowledged)
    return {
        (line_id, None if pd.isna(place) else place): micros_to_decimal(micros)
        for line_id, place, micros in found[
            ["line_id", "store_location_id", "in_flight_micros"]
        ].itertuples(index=False)
    }


def deducted(lines, *, stores=SHARED, kits=NO_KITS, acknowledged=None):
    """What each place deducts of each SKU, in units."""
    nothing = acknowledged_frame()
    effect = in_flight_effect(
        in_flight(lines, nothing if acknowledged is None else acknowledged), kits, stores
    )
    return {
        (place, sku): micros_to_decimal(micros)
        for place, sku, micros in effect[
            ["store_location_id", "sku", "in_flight_micros"]
        ].itertuples(index=False)
    }


@pytest.mark.parametrize(
    ("current", "taken", "acknowledged", "expected"),
    [
        pytest.param(3, 3, None, 3, id="placed, and the ERP does not know it"),
        pytest.param(3, 3, 3, 0, id="the ERP holds it"),
        pytest.param(3, 3, 1, 2, id="the ERP holds a part of it"),
        pytest.param(3, 3, 0, 3, id="cancelled in the ERP only: the shop still owes it"),
        pytest.param(0, 0, None, 0, id="cancelled and put back before the ERP heard of it"),
        pytest.param(0, 0, 3, 0, id="cancelled and put back, the ERP has yet to give it back"),
        pytest.param(0, 0, 0, 0, id="cancelled and put back, and the ERP knows"),
        pytest.param(0, 3, None, 3, id="refunded without restock, the ERP never heard of it"),
        pytest.param(0, 3, 3, 0, id="refunded without restock, the ERP still holds it"),
        pytest.param(0, 3, 0, 0, id="refunded without restock, and the ERP has had its say"),
        pytest.param(1, 3, 3, 0, id="two refunded without restock, the ERP holds all three"),
        pytest.param(1, 3, 1, 0, id="two refunded without restock, and the ERP agrees"),
        pytest.param(1, 1, 3, 0, id="two put back, the ERP has yet to give them back"),
        pytest.param(5, 5, 3, 2, id="edited from three to five, the ERP holds three"),
        pytest.param(3, 3, 5, 0, id="the ERP holds more than the shop sold"),
        pytest.param(3, 0, None, 3, id="imported without touching the shop's stock"),
    ],
)
def test_one_line_in_flight(current, taken, acknowledged, expected):
    lines = lines_frame(order_line(current_units=current, taken_units=taken))
    known = acknowledged_frame() if acknowledged is None else acknowledged_frame(L_1=acknowledged)
    assert units_in_flight(lines, known) == ({("L-1", BROOKLYN): expected} if expected else {})
    [naive] = oracles.in_flight_of_line(
        [oracles.Line("b2c", "L-1", BROOKLYN, "RETRO-CLOCK", current, taken)],
        None if acknowledged is None else Decimal(acknowledged),
    )
    assert naive == expected


def test_a_part_of_a_unit_that_the_erp_holds_is_subtracted_exactly():
    known = acknowledged_frame(L_1=Decimal("0.333333"))
    assert units_in_flight(lines_frame(order_line()), known) == {
        ("L-1", BROOKLYN): Decimal("0.666667")
    }


def test_the_line_says_what_the_erp_has_accepted_of_it():
    lines = lines_frame(order_line(current_units=3, taken_units=3), order_line("L-2"))
    found = in_flight(lines, acknowledged_frame(L_1=1))
    assert found["line_id"].tolist() == ["L-1", "L-2"]
    assert found["acknowledged_micros"].tolist() == [SCALE, pd.NA]


def test_the_same_line_id_in_another_order_is_another_line():
    lines = lines_frame(order_line(), order_line(order_id="O-2"))
    found = in_flight(lines, acknowledged_frame(L_1=1))
    assert found["order_id"].tolist() == ["O-2"]


def test_a_line_that_is_split_over_places_counts_at_each_with_its_share():
    lines = lines_frame(
        order_line(current_units=2, taken_units=2),
        order_line(current_units=1, taken_units=1, store_location_id=VENICE),
    )
    assert units_in_flight(lines, acknowledged_frame()) == {
        ("L-1", BROOKLYN): 2,
        ("L-1", VENICE): 1,
    }
    assert units_in_flight(lines, acknowledged_frame(L_1=3)) == {}
    assert units_in_flight(lines, acknowledged_frame(L_1=1)) == {("L-1", BROOKLYN): 2}


def test_without_any_line_nothing_is_in_flight():
    assert in_flight(lines_frame(), acknowledged_frame(L_1=1)).empty
    assert deducted(lines_frame()) == {}


def test_every_place_that_shares_an_erp_location_deducts_the_line_once():
    """Brooklyn offers NYC and EWR, b2b offers EWR and LAX: b2b may not sell the same clock."""
    assert deducted(lines_frame(order_line(current_units=2, taken_units=2))) == {
        (BROOKLYN, "RETRO-CLOCK"): 2,
        ("gid/b2b", "RETRO-CLOCK"): 2,
    }


def test_an_unassigned_line_is_deducted_wherever_its_store_can_take_it_from():
    line = order_line(store_location_id=None, current_units=2, taken_units=2)
    assert deducted(lines_frame(line)) == {
        (BROOKLYN, "RETRO-CLOCK"): 2,
        (VENICE, "RETRO-CLOCK"): 2,
        ("gid/b2b", "RETRO-CLOCK"): 2,
    }


def test_lines_with_and_without_a_place_add_up():
    lines = lines_frame(
        order_line(),
        order_line("L-2", store_location_id=None),
        order_line("L-3", store="b2b", store_location_id="gid/b2b"),
    )
    assert deducted(lines) == {
        (BROOKLYN, "RETRO-CLOCK"): 3,
        (VENICE, "RETRO-CLOCK"): 2,
        ("gid/b2b", "RETRO-CLOCK"): 3,
    }


def test_a_line_at_a_place_that_no_store_maps_is_deducted_nowhere():
    assert deducted(lines_frame(order_line(store_location_id="gid/closed"))) == {}
    assert deducted(lines_frame(order_line(store="gone"))) == {}


def test_a_kit_line_takes_its_parts():
    kits = kits_of(part("TABLE", "TOP"), part("TABLE", "LEG", "4"), part("SET", "TABLE", "2"))
    stores = {"b2c": {BROOKLYN: ["NYC"]}}
    assert deducted(lines_frame(order_line(sku="SET")), stores=stores, kits=kits) == {
        (BROOKLYN, "SET"): 1,
        (BROOKLYN, "TOP"): 2,
        (BROOKLYN, "LEG"): 8,
    }


def test_a_kit_line_and_a_line_on_its_part_add_up():
    kits = kits_of(part("TABLE", "LEG", "4"))
    stores = {"b2c": {BROOKLYN: ["NYC"]}}
    lines = lines_frame(order_line(sku="TABLE"), order_line("L-2", sku="LEG"))
    assert deducted(lines, stores=stores, kits=kits)[BROOKLYN, "LEG"] == 5


@pytest.mark.parametrize("sku", ["RETRO-CLOCK", "retro-clock", "Retro-Clock "])
def test_an_order_on_a_misspelt_item_takes_the_sku_that_was_meant(sku):
    found = known_sku(lines_frame(order_line(sku=sku)), frozenset({"RETRO-CLOCK"}))
    assert found["sku"].tolist() == ["RETRO-CLOCK"]


@pytest.mark.parametrize("sku", ["GIFT-CARD", None])
def test_a_line_that_the_erp_cannot_have_is_left_out(sku):
    assert known_sku(lines_frame(order_line(sku=sku)), frozenset({"RETRO-CLOCK"})).empty


def test_two_skus_that_differ_only_in_case_keep_their_own_orders():
    lines = lines_frame(order_line(sku="Clock"), order_line("L-2", sku="CLOCK"))
    assert known_sku(lines, frozenset({"Clock", "CLOCK"}))["sku"].tolist() == ["Clock", "CLOCK"]


def as_frame(lines):
    return lines_frame(
        *(
            order_line(
                line.line_id,
                store=line.store,
                store_location_id=line.place,
                sku=line.sku,
                current_units=line.current,
                taken_units=line.taken,
            )
            for line in lines
        )
    )


def as_acknowledged(quantities):
    return acknowledged_frame(**{name.replace("-", "_"): q for name, q in quantities.items()})


@settings(max_examples=80, deadline=None)
@given(order_lines())
def test_each_line_in_flight_is_what_a_naive_calculation_says(world):
    lines, acknowledged = world
    found = units_in_flight(as_frame(lines), as_acknowledged(acknowledged))
    expected = {}
    for line_id in {line.line_id for line in lines}:
        places = [line for line in lines if line.line_id == line_id]
        units = oracles.in_flight_of_line(places, acknowledged.get(line_id))
        expected |= {(line_id, line.place): n for line, n in zip(places, units, strict=True) if n}
    assert found == expected


@settings(max_examples=80, deadline=None)
@given(order_lines(), component_lists())
def test_each_place_deducts_what_a_naive_calculation_says(world, components):
    lines, acknowledged = world
    found = deducted(
        as_frame(lines),
        stores=STORES,
        kits=kits_of(*components),
        acknowledged=as_acknowledged(acknowledged),
    )
    for store, places in STORES.items():
        for place in places:
            for sku in LEAVES:
                expected = oracles.in_flight_at(
                    lines, acknowledged, STORES, (store, place), sku, components
                )
                assert found.get((place, sku), 0) == expected
