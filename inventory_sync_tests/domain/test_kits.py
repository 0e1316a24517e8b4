"""Kits: what can be assembled from parts, and what selling one takes from the shelf."""

from fractions import Fraction
from itertools import pairwise

import pandas as pd

from inventory_sync.domain.kits import explode
from inventory_sync_tests.domain.samples import atp_of, kits_of, part, units_of
from inventory_sync_tests.erp.rows import commitment, stock

TABLE = [part("TABLE", "TOP"), part("TABLE", "LEG", "4")]


def chain(depth: int, quantity: str = "1"):
    """KIT-0 of KIT-1 of KIT-2 ... of SCREW."""
    names = [*(f"KIT-{level}" for level in range(depth)), "SCREW"]
    return [part(kit, inner, quantity) for kit, inner in pairwise(names)]


def demand(sku: str, micros: int) -> pd.DataFrame:
    return pd.DataFrame({"sku": [sku], "location": ["NYC"], "quantity_micros": [micros]})


def test_the_scarcest_part_decides_and_is_named():
    atp = atp_of(stock=[stock("TOP", "9"), stock("LEG", "11")], components=TABLE)
    assert units_of(atp)["TABLE", "NYC"] == 2
    row = atp.rows[atp.rows["sku"] == "TABLE"].iloc[0]
    assert row["limited_by"] == "LEG"
    assert row["is_kit"]


def test_a_part_without_stock_at_a_location_makes_no_kit_there():
    atp = atp_of(stock=[stock("TOP", "9"), stock("LEG", "11", location="EWR")], components=TABLE)
    assert units_of(atp)["TABLE", "NYC"] == 0
    assert units_of(atp)["TABLE", "EWR"] == 0


def test_an_oversold_part_makes_negative_kits():
    atp = atp_of(
        stock=[stock("TOP", "1"), stock("LEG", "0")],
        components=TABLE,
        commitments=[commitment(sku="LEG", quantity="5")],
    )
    assert units_of(atp)["TABLE", "NYC"] == -2


def test_what_stands_at_the_kit_itself_does_not_count():
    atp = atp_of(
        stock=[stock("TABLE", "50"), stock("TOP", "1"), stock("LEG", "4")], components=TABLE
    )
    assert units_of(atp)["TABLE", "NYC"] == 1


def test_kits_of_kits_are_resolved_first():
    atp = atp_of(
        stock=[stock("TOP", "5"), stock("LEG", "20"), stock("CHAIR", "9")],
        components=[part("DESK-SET", "TABLE"), part("DESK-SET", "CHAIR", "2"), *TABLE],
    )
    assert units_of(atp)["TABLE", "NYC"] == 5
    assert units_of(atp)["DESK-SET", "NYC"] == 4


def test_selling_a_kit_commits_its_parts_at_any_depth():
    atp = atp_of(
        stock=[stock("TOP", "5"), stock("LEG", "20"), stock("CHAIR", "9")],
        components=[part("DESK-SET", "TABLE"), part("DESK-SET", "CHAIR", "2"), *TABLE],
        commitments=[commitment(sku="DESK-SET", quantity="2")],
    )
    found = units_of(atp)
    assert {sku: found[sku, "NYC"] for sku in ("TOP", "LEG", "CHAIR")} == {
        "TOP": 3,
        "LEG": 12,
        "CHAIR": 5,
    }


def test_a_part_that_is_reached_by_two_ways_is_committed_by_both():
    kits = kits_of(
        part("PAIR", "LAMP", "2"), part("LAMP", "BULB", "3"), part("PAIR", "BULB", "0.5")
    )
    assert kits.base_parts()["PAIR"] == {"BULB": Fraction("6.5")}


def test_fractions_of_parts_are_exact():
    """In binary floating point 0.1 + 0.7 is below 0.8, and the eighth kit is lost."""
    rows = [stock("DYE", "0.8")]
    atp = atp_of(stock=rows, components=[part("SHIRT", "DYE", "0.1")])
    assert units_of(atp)["SHIRT", "NYC"] == 8


def test_a_demand_on_parts_is_rounded_up_to_the_next_micro():
    kits = kits_of(part("A", "B", "0.333333"), part("B", "C", "0.333333"))
    exploded = explode(demand("A", 1_000_000), kits)
    assert exploded[["sku", "quantity_micros"]].values.tolist() == [["C", 111_111]]
    assert Fraction(111_111, 10**6) > Fraction("0.333333") ** 2


def test_a_kit_may_be_fifty_deep():
    atp = atp_of(
        stock=[stock("SCREW", "7")],
        components=chain(50),
        commitments=[commitment(sku="KIT-0", quantity="2")],
    )
    found = units_of(atp)
    assert found["SCREW", "NYC"] == 5
    assert {found[f"KIT-{level}", "NYC"] for level in range(50)} == {5}


def test_demand_beyond_all_bounds_takes_everything_and_is_no_error():
    """Fifty levels of two each: one kit needs 2^50 screws, more than 64 bits of micros hold."""
    atp = atp_of(
        stock=[stock("SCREW", "7")],
        components=chain(50, "2"),
        commitments=[commitment(sku="KIT-0", quantity="20000")],
    )
    assert units_of(atp)["SCREW", "NYC"] == 7 - 10**12
    assert units_of(atp)["KIT-49", "NYC"] == -(10**10)


def test_a_kit_of_next_to_nothing_is_plentiful_and_no_error():
    rows = [stock("GLUE", "900000000000", location=place) for place in ("NYC", "EWR", "LAX")]
    atp = atp_of(stock=rows, components=[part("MODEL", "GLUE", "0.000001")])
    assert units_of(atp)["MODEL", "NYC"] == 10**10


def test_a_kit_of_itself_is_named_and_taken_out():
    kits = kits_of(part("MIRROR", "MIRROR"), *TABLE)
    assert kits.cycles == {"MIRROR": "MIRROR > MIRROR"}
    assert set(kits.parts) == {"TABLE"}


def test_a_cycle_names_the_way_round_and_every_kit_on_it():
    kits = kits_of(part("A", "B"), part("B", "C"), part("C", "A"), part("OUTSIDE", "A"), *TABLE)
    assert set(kits.cycles) == {"A", "B", "C"}
    assert all(way.count(">") == 3 for way in kits.cycles.values())
    assert set(kits.parts) == {"OUTSIDE", "TABLE"}


def test_two_cycles_are_both_taken_out():
    kits = kits_of(part("A", "B"), part("B", "A"), part("X", "Y"), part("Y", "X"), *TABLE)
    assert set(kits.cycles) == {"A", "B", "X", "Y"}
    assert kits.order == ("TABLE",)


def test_a_kit_stands_after_every_kit_that_it_contains():
    kits = kits_of(part("C", "B"), part("B", "A"), part("A", "SCREW"), part("C", "A"))
    assert kits.order == ("A", "B", "C")
