"""What is done at each level of a store, and why: one fact is flipped at a time."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.decision import PLAN_COLUMNS, decide
from inventory_sync.domain.findings import FINDING_COLUMNS, Certainty
from inventory_sync_tests import oracles
from inventory_sync_tests.domain.samples import (
    BROOKLYN,
    VENICE,
    findings_of,
    offer_row,
    offers_frame,
    view_with,
)

SKUS = pd.Index(["OAK-TABLE", "RETRO-CLOCK"])
HERE = f"RETRO-CLOCK @ {BROOKLYN}"
NOT_RAISED = "the store shows less than orders explain: not raised"
DOUBTED = "a demand of the ERP is in quarantine: not raised"
UNREAD = "a row of the ERP is in quarantine: the last good number stays"
UNDER_WAY = "the last write has no known outcome yet, or it moved while the store was read"


def plan_for(offer_units=7, certainty=Certainty.EXACT, *, untracked=frozenset(), **view):
    offers = offers_frame(offer_row(offer_units=offer_units, certainty=certainty))
    return decide(offers, view_with(**view), skus=SKUS, untracked=untracked)


def only_row(plan):
    [row] = plan.rows.to_dict("records")
    return row


def decided(plan):
    row = only_row(plan)
    return row["action"], row["quantity_units"], row["reason"]


def shows(units):
    return [("I-1", BROOKLYN, True, units)]


def published(units, taken=0, version=1):
    return [("I-1", BROOKLYN, units, taken, version)]


def ordered(units):
    return [("I-1", BROOKLYN, units)]


BUSY = {"busy": [("I-1", BROOKLYN)]}


@pytest.mark.parametrize(
    ("offer", "certainty", "view", "expected"),
    [
        pytest.param(7, 0, {}, ("write", 7, ""), id="explained and too many: lowered"),
        pytest.param(12, 0, {}, ("write", 12, ""), id="explained and too few: raised"),
        pytest.param(10, 0, {}, ("keep", 10, ""), id="explained and right: kept"),
        pytest.param(
            5,
            0,
            {"levels": shows(7), "taken": ordered(3)},
            ("write", 5, ""),
            id="what orders took is explained",
        ),
        pytest.param(
            12,
            0,
            {"levels": shows(13), "publications": published(10, 5), "taken": ordered(2)},
            ("write", 12, ""),
            id="what cancelled orders gave back is explained",
        ),
        pytest.param(
            12, 0, {"levels": shows(8)}, ("keep", 8, NOT_RAISED), id="two missing: never raised"
        ),
        pytest.param(
            9, 0, {"levels": shows(8)}, ("write", 7, NOT_RAISED), id="two missing count as demand"
        ),
        pytest.param(
            1, 0, {"levels": shows(8)}, ("write", 0, NOT_RAISED), id="never lowered below zero"
        ),
        pytest.param(
            0, 0, {"levels": shows(-2)}, ("keep", -2, NOT_RAISED), id="a missing negative stays"
        ),
        pytest.param(
            7, 0, {"levels": shows(14)}, ("write", 7, ""), id="raised by others: our offer counts"
        ),
        pytest.param(
            14, 0, {"levels": shows(14)}, ("keep", 14, ""), id="raised by others to our offer"
        ),
        pytest.param(7, 0, {"publications": []}, ("write", 7, ""), id="first publication lowers"),
        pytest.param(12, 0, {"publications": []}, ("write", 12, ""), id="first publication raises"),
        pytest.param(7, 0, BUSY, ("hold", 10, UNDER_WAY), id="a write under way: left alone"),
        pytest.param(
            12,
            0,
            BUSY | {"levels": shows(4)},
            ("hold", 4, UNDER_WAY),
            id="a write under way comes before what is missing",
        ),
        pytest.param(12, 1, {}, ("keep", 10, DOUBTED), id="a demand in doubt: not raised"),
        pytest.param(7, 1, {}, ("write", 7, DOUBTED), id="a demand in doubt: still lowered"),
        pytest.param(
            12, 1, {"publications": []}, ("keep", 10, DOUBTED), id="a demand in doubt at first"
        ),
        pytest.param(12, 2, {}, ("hold", 10, UNREAD), id="a supply in doubt: not raised"),
        pytest.param(7, 2, {}, ("hold", 10, UNREAD), id="a supply in doubt: not lowered"),
        pytest.param(
            9, 1, {"levels": shows(8)}, ("write", 7, NOT_RAISED), id="missing and in doubt"
        ),
    ],
)
def test_one_level(offer, certainty, view, expected):
    assert decided(plan_for(offer, Certainty(certainty), **view)) == expected


def test_a_plan_has_the_promised_columns():
    plan = plan_for()
    assert tuple(plan.rows) == PLAN_COLUMNS
    assert plan.findings.empty
    assert tuple(plan.findings) == FINDING_COLUMNS


def test_a_plan_keeps_what_it_was_decided_from():
    row = only_row(
        plan_for(9, levels=shows(5), publications=published(10, 4, version=3), taken=ordered(7))
    )
    assert row["observed_units"] == 5
    assert row["explained_units"] == oracles.explained(10, 4, 7) == 7
    assert row["provisional_units"] == 2
    assert row["version"] == 3


def test_a_level_that_was_never_published_has_nothing_explained_and_version_zero():
    row = only_row(plan_for(publications=[]))
    assert pd.isna(row["explained_units"])
    assert (row["provisional_units"], row["version"]) == (0, 0)


def test_orders_without_a_place_explain_nothing_at_a_level():
    plan = plan_for(12, levels=shows(8), taken=[("I-1", None, 2)])
    assert decided(plan) == ("keep", 8, NOT_RAISED)


def test_a_decrease_that_is_not_explained_yet_is_named():
    plan = plan_for(12, levels=shows(8))
    assert findings_of(plan.findings) == [(HERE, "unexplained-decrease")]
    assert plan.findings[["severity", "value"]].values.tolist() == [["warning", "2"]]


def test_an_increase_by_somebody_else_is_named():
    plan = plan_for(12, levels=shows(14))
    assert findings_of(plan.findings) == [(HERE, "foreign-increase")]
    assert plan.findings["value"].tolist() == ["14"]


def test_a_missing_unit_is_carried_in_the_base_and_explained_once_its_order_shows_up():
    """Ten published, eight shown, no order known; the ERP wants nine and gets seven."""
    first = only_row(plan_for(9, levels=shows(8)))
    assert (first["quantity_units"], first["taken_units"]) == (7, 2)
    base = published(first["quantity_units"], first["taken_units"], version=2)

    still_unknown = plan_for(9, levels=shows(7), publications=base)
    assert decided(still_unknown) == ("keep", 7, NOT_RAISED)

    known = plan_for(7, levels=shows(7), publications=base, taken=ordered(2))
    assert decided(known) == ("keep", 7, "")
    assert known.findings.empty


@settings(max_examples=40, deadline=None)
@given(
    offer=st.integers(0, 9),
    observed=st.integers(-3, 9),
    base=st.none() | st.tuples(st.integers(0, 9), st.integers(0, 4)),
    taken=st.integers(0, 4),
    certainty=st.sampled_from(list(Certainty)),
    busy=st.booleans(),
)
def test_whatever_is_unknown_never_raises_a_level(offer, observed, base, taken, certainty, busy):
    plan = plan_for(
        offer,
        certainty,
        levels=shows(observed),
        publications=[] if base is None else published(*base),
        taken=ordered(taken),
        **(BUSY if busy else {}),
    )
    row = only_row(plan)
    missing = base is not None and observed < oracles.explained(*base, taken)
    if busy or missing or certainty is not Certainty.EXACT:
        assert row["quantity_units"] <= observed
    else:
        assert row["quantity_units"] == offer
    if busy or certainty is Certainty.UNKNOWN:
        assert row["quantity_units"] == observed
    assert row["quantity_units"] <= max(offer, observed)
    writes = row["action"] == "write"
    assert writes == (row["quantity_units"] != observed)
    assert len(plan.writes) == writes


@pytest.mark.parametrize(
    ("locations", "planned", "found"),
    [
        ((BROOKLYN,), [BROOKLYN], []),
        ((), [], []),
        (None, [BROOKLYN], [(f"RETRO-CLOCK @ {VENICE}", "unconnected")]),
        ((BROOKLYN, VENICE), [BROOKLYN], [(f"RETRO-CLOCK @ {VENICE}", "unconnected")]),
    ],
)
def test_where_levels_were_not_read_nothing_is_planned_and_nothing_named(locations, planned, found):
    offers = offers_frame(offer_row(), offer_row(store_location_id=VENICE))
    view = replace(view_with(), locations=locations)
    plan = decide(offers, view, skus=SKUS, untracked=frozenset())
    assert plan.rows["store_location_id"].tolist() == planned
    assert findings_of(plan.findings) == found


@pytest.mark.parametrize(
    ("levels", "kind"),
    [
        ([], "unconnected"),
        ([("I-1", VENICE, True, 10)], "unconnected"),
        ([("I-1", BROOKLYN, False, 10)], "inactive"),
        ([("I-1", BROOKLYN, False, None)], "inactive"),
        ([("I-1", BROOKLYN, True, None)], "unreadable"),
    ],
)
def test_a_level_that_cannot_show_a_quantity_is_named_and_not_planned(levels, kind):
    plan = plan_for(levels=levels)
    assert plan.rows.empty
    assert plan.writes.empty
    assert findings_of(plan.findings) == [(HERE, kind)]


def test_lowering_is_sent_before_raising():
    offers = offers_frame(
        offer_row(sku="OAK-TABLE", offer_units=12),
        offer_row(offer_units=3),
        offer_row(offer_units=9, store_location_id=VENICE),
    )
    view = view_with(
        items=[("I-1", "RETRO-CLOCK", True), ("I-2", "OAK-TABLE", True)],
        levels=[
            ("I-1", BROOKLYN, True, 10),
            ("I-1", VENICE, True, 10),
            ("I-2", BROOKLYN, True, 10),
        ],
        publications=[],
    )
    writes = decide(offers, view, skus=SKUS, untracked=frozenset()).writes
    assert writes[["sku", "store_location_id", "quantity_units"]].values.tolist() == [
        ["RETRO-CLOCK", BROOKLYN, 3],
        ["RETRO-CLOCK", VENICE, 9],
        ["OAK-TABLE", BROOKLYN, 12],
    ]


def test_a_doubt_about_one_level_does_not_touch_the_next():
    offers = offers_frame(
        offer_row(certainty=Certainty.UNKNOWN), offer_row(store_location_id=VENICE)
    )
    view = view_with(levels=[("I-1", BROOKLYN, True, 10), ("I-1", VENICE, True, 10)])
    rows = decide(offers, view, skus=SKUS, untracked=frozenset()).rows
    assert rows["action"].tolist() == ["hold", "write"]
