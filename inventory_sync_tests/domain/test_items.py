"""Which item of a store stands for which SKU: one to one, or it is named and left alone."""

import pandas as pd
import pytest

from inventory_sync.domain.decision import StorePlan, decide
from inventory_sync_tests.domain.samples import findings_of, offer_row, offers_frame, view_with

SKUS = pd.Index(["OAK-TABLE", "RETRO-CLOCK"])


def plan_for(untracked=frozenset(), **view) -> StorePlan:
    """A clock is shown ten times and offered seven times, if it is an item of the store."""
    return decide(offers_frame(offer_row()), view_with(**view), skus=SKUS, untracked=untracked)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(
            [("I-1", "RETRO-CLOCK", False)], [("RETRO-CLOCK", "untracked")], id="untracked"
        ),
        pytest.param([("I-1", None, True)], [("I-1", "missing-sku")], id="without SKU"),
        pytest.param([("I-1", "", True)], [("I-1", "missing-sku")], id="with an empty SKU"),
        pytest.param(
            [("I-1", "RETRO-CLOCK", True), ("I-2", "RETRO-CLOCK", True)],
            [("RETRO-CLOCK", "duplicate-sku")] * 2,
            id="two items share a SKU",
        ),
        pytest.param(
            [("I-1", "RETRO-CLOCK", False), ("I-2", "RETRO-CLOCK", False)],
            [("RETRO-CLOCK", "duplicate-sku")] * 2,
            id="two untracked items share a SKU",
        ),
        pytest.param([("I-1", "UFO", True)], [("UFO", "unknown-sku")], id="not in the ERP"),
        pytest.param(
            [("I-1", "Retro-Clock", True)], [("Retro-Clock", "near-sku")], id="other case"
        ),
        pytest.param(
            [("I-1", "RETRO-CLOCK\u00a0", True)], [("RETRO-CLOCK\u00a0", "near-sku")], id="a blank"
        ),
    ],
)
def test_an_item_that_stands_for_no_single_sku_is_named_and_not_planned(items, expected):
    plan = plan_for(items=items)
    assert plan.rows.empty
    assert findings_of(plan.findings) == expected


def test_a_near_sku_says_which_one_is_meant():
    plan = plan_for(items=[("I-1", "retro-clock", True)])
    assert plan.findings["value"].tolist() == ["RETRO-CLOCK"]


def test_the_good_items_go_on_beside_the_bad_ones():
    items = [("I-1", "RETRO-CLOCK", True), ("I-2", "retro-clock", True), ("I-3", None, True)]
    rows = plan_for(items=items).rows
    assert rows[["inventory_item_id", "quantity_units"]].values.tolist() == [["I-1", 7]]


def test_a_product_that_the_erp_does_not_count_is_left_alone_without_a_word():
    plan = plan_for(untracked=frozenset({"RETRO-CLOCK"}))
    assert plan.rows.empty
    assert plan.findings.empty


def test_a_sku_that_the_store_does_not_sell_is_left_out():
    assert plan_for(items=[]).rows.empty
