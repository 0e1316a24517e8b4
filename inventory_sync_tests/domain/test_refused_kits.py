"""A parts list with one wrong row is refused whole, and what depends on it becomes doubtful."""

import pytest

from inventory_sync.domain.findings import Certainty
from inventory_sync_tests.domain.samples import (
    atp_of,
    certainties,
    doubts_of,
    findings_of,
    judged,
    part,
    reasons_of,
)
from inventory_sync_tests.erp.rows import commitment, product, stock

AT_MOST, UNKNOWN, EXACT = Certainty.AT_MOST, Certainty.UNKNOWN, Certainty.EXACT

SET = [part("DESK-SET", "TOP"), part("DESK-SET", "LEG", "4")]
SET_SKUS = [product("DESK-SET"), product("TOP"), product("LEG"), product("SCREW")]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([*SET, part("DESK-SET", "SCREW", "0")], "not-positive"),
        ([*SET, part("DESK-SET", "SCREW", "-4")], "not-positive"),
        ([*SET, part("DESK-SET", "SCREW", "some")], "unreadable"),
        ([*SET, part("DESK-SET", None)], "missing-key"),
        ([*SET, part("DESK-SET", "TOP")], "duplicate-key"),
        ([*SET, part("DESK-SET", "RIVET")], "unknown-sku"),
    ],
)
def test_one_wrong_part_makes_the_kit_unknown_and_its_other_parts_doubtful(rows, kind):
    result = judged(products=SET_SKUS, components=rows)
    assert {kind for _, kind in findings_of(result.findings)} == {kind}
    assert {("DESK-SET", None, UNKNOWN), ("LEG", None, AT_MOST), ("TOP", None, AT_MOST)} <= (
        doubts_of(result)
    )
    assert result.snapshot.components.empty


def test_the_other_kits_go_on_beside_a_refused_one():
    result = judged(components=[*SET, part("DESK-SET", "TOP"), part("GIFT", "RETRO-CLOCK")])
    assert result.snapshot.components["kit_sku"].tolist() == ["GIFT"]
    assert "GIFT" not in {sku for sku, _, _ in doubts_of(result)}


def test_what_a_refused_kit_contains_at_any_depth_is_doubtful():
    """A demand for the set reaches the screws through the legs, and cannot be passed on."""
    result = judged(components=[*SET, part("DESK-SET", "TOP"), part("LEG", "SCREW", "8")])
    assert ("SCREW", None, AT_MOST) in doubts_of(result)


def test_a_misspelt_part_makes_the_part_that_was_meant_doubtful():
    result = judged(products=SET_SKUS, components=[part("DESK-SET", "leg")])
    assert ("LEG", None, AT_MOST) in doubts_of(result)


def test_a_misspelt_kit_is_refused_with_the_kit_that_was_meant():
    """Else a demand for DESK-SET would not reach its parts."""
    rows = [part("desk-set", "TOP"), part("desk-set", "LEG", "4")]
    result = judged(products=SET_SKUS, components=rows)
    assert {kind for _, kind in findings_of(result.findings)} == {"unknown-sku"}
    assert {("DESK-SET", None, UNKNOWN), ("TOP", None, AT_MOST), ("LEG", None, AT_MOST)} <= (
        doubts_of(result)
    )
    assert result.snapshot.components.empty


def test_a_part_of_a_nameless_kit_is_doubtful():
    result = judged(products=SET_SKUS, components=[part(None, "TOP")])
    assert findings_of(result.findings) == [("components (none) @ TOP", "missing-key")]
    assert doubts_of(result) == {("TOP", None, AT_MOST)}


def test_a_kit_of_itself_is_refused_by_name():
    result = judged(components=[part("MIRROR", "MIRROR")])
    assert reasons_of(result) == {
        "components MIRROR @ MIRROR": "the kit contains itself: MIRROR > MIRROR"
    }
    assert doubts_of(result) == {("MIRROR", None, UNKNOWN)}


def test_a_cycle_is_refused_by_name_and_other_kits_stay():
    result = judged(components=[part("HEN", "EGG"), part("EGG", "HEN"), part("EGG", "SHELL"), *SET])
    told = [reason for reason in result.findings["reason"] if "contains itself" in reason]
    assert len(told) == 2
    assert all("HEN" in reason and "EGG" in reason for reason in told)
    assert {("HEN", None, UNKNOWN), ("EGG", None, UNKNOWN), ("SHELL", None, AT_MOST)} == (
        doubts_of(result)
    )
    assert set(result.snapshot.components["kit_sku"]) == {"DESK-SET"}


def test_a_kit_that_contains_a_refused_kit_is_unknown_everywhere():
    atp = atp_of(
        stock=[stock("TOP"), stock("BOX"), stock("BOX", location="EWR")],
        components=[
            part("DESK-SET", "TOP", "0"),
            part("BUNDLE", "DESK-SET"),
            part("BUNDLE", "BOX"),
        ],
    )
    found = certainties(atp)
    assert {found["BUNDLE", place] for place in ("NYC", "EWR", "LAX")} == {UNKNOWN}
    assert {found["TOP", place] for place in ("NYC", "EWR", "LAX")} == {AT_MOST}
    assert found["BOX", "NYC"] == EXACT


def test_an_unreadable_demand_for_a_kit_makes_its_parts_doubtful_there():
    """Selling a kit takes its parts; how many is not known, so no part may be raised."""
    atp = atp_of(
        stock=[stock(sku, location=place) for sku in ("TOP", "LEG") for place in ("NYC", "EWR")],
        components=[*SET, part("BUNDLE", "TOP"), part("LAMP", "BULB")],
        commitments=[commitment(sku="DESK-SET", quantity="NaN")],
    )
    found = certainties(atp)
    assert {found[sku, "NYC"] for sku in ("DESK-SET", "TOP", "LEG", "BUNDLE")} == {AT_MOST}
    assert {found[sku, "EWR"] for sku in ("DESK-SET", "TOP", "LEG", "BUNDLE")} == {EXACT}
