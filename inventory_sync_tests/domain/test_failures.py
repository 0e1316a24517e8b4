"""Each failure is judged by itself: one healthy store, and what turns exactly one check red."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.evidence import Evidence, Limits
from inventory_sync.domain.failures import judge_store
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.frames import ACKNOWLEDGED_ORDERS, COMMITMENTS, COMPONENTS
from inventory_sync.domain.kits import resolve

UNIT = 1_000_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE, THERE, APART = "gid://1001", "gid://2001", "gid://2002"
LOCATIONS = {"b2b": {HERE: ["NYC", "EWR"]}, "b2c": {THERE: ["EWR", "NYC"], APART: ["LAX"]}}
PARTLY_SHARED = {"b2b": {HERE: ["NYC", "EWR"]}, "b2c": {THERE: ["EWR", "LAX"], APART: ["LAX"]}}


def level(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "sku": "OAK-TABLE",
        "store_location_id": HERE,
        "shown_units": 18,
        "explained_units": 18,
        "quantity_units": 18,
        "offer_units": 18,
        "pool_micros": 20 * UNIT,
        "certainty": int(Certainty.EXACT),
        "is_moving": False,
    }
    return {**values, **changes}


def line(order: str = "1", **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "store": "b2b",
        "order_id": f"gid://order/{order}",
        "order_name": f"#{order}",
        "line_id": f"gid://line/{order}",
        "sku": "OAK-TABLE",
        "store_location_id": HERE,
        "current_units": 2,
        "taken_units": 2,
        "is_on_hold": False,
        "updated_at": NOON - timedelta(hours=3),
        "first_seen_at": NOON - timedelta(hours=3),
    }
    return {**values, **changes}


def ack(order: str = "1", units: int = 2, hours: float = 2) -> dict[str, Any]:
    return {
        "external_order_id": f"gid://order/{order}",
        "external_line_id": f"gid://line/{order}",
        "quantity_micros": units * UNIT,
        "updated_at": NOON - timedelta(hours=hours),
    }


def commitment(kind: str = "order", order: str | None = "1", **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "commitment_id": f"C-{order}",
        "order_id": f"SO-{order}",
        "sku": "OAK-TABLE",
        "location": "NYC",
        "quantity_micros": 2 * UNIT,
        "kind": kind,
        "external_order_id": f"gid://order/{order}" if order else None,
        "updated_at": NOON - timedelta(hours=2),
    }
    return {**values, **changes}


def rows(dataset: Any, found: list[dict[str, Any]]) -> pd.DataFrame:
    empty = dataset.empty_frame()
    if not found:
        return empty
    return pd.DataFrame([{**dict.fromkeys(empty.columns), **each} for each in found]).astype(
        {name: kind for name, kind in empty.dtypes.items() if str(kind).startswith(("date", "int"))}
    )


def store(
    *,
    levels: list[dict[str, Any]] | None = None,
    lines: list[dict[str, Any]] | None = None,
    acks: list[dict[str, Any]] | None = None,
    commitments: list[dict[str, Any]] | None = None,
    **changes: Any,
) -> Evidence:
    """A store whose only order is known to the ERP, and which shows all that it offers."""
    frame = pd.DataFrame(levels or [level()])
    known = pd.DataFrame([line()] if lines is None else lines)
    for name in ("updated_at", "first_seen_at"):
        known[name] = pd.to_datetime(known[name], utc=True)
    evidence = Evidence(
        store="b2b",
        locations=LOCATIONS,
        levels=frame.astype({"explained_units": "Int64"}),
        offered=frame[["sku", "store_location_id", "pool_micros", "certainty"]],
        healthy=pd.DataFrame(
            [("b2c", THERE, "OAK-TABLE"), ("b2c", APART, "OAK-TABLE")],
            columns=["store", "store_location_id", "sku"],
        ),
        lines=known,
        acknowledged=rows(ACKNOWLEDGED_ORDERS, [ack()] if acks is None else acks),
        commitments=rows(COMMITMENTS, [commitment()] if commitments is None else commitments),
        kits=resolve(COMPONENTS.empty_frame()),
        taken_at=NOON,
        changed_at={},
    )
    return replace(evidence, **changes)


def red(evidence: Evidence, **limits: Any) -> dict[str, float]:
    """The checks that fail, with their numbers."""
    verdicts = judge_store(evidence, Limits(**limits))
    return {each.name: each.number for each in verdicts if not each.passed}


SHORT = level(pool_micros=-3 * UNIT, shown_units=0, explained_units=0, quantity_units=0,
              offer_units=0)  # fmt: skip
THEIRS = line("9", store="b2c", store_location_id=THERE, current_units=3, taken_units=3)
BEHIND = level(shown_units=10, explained_units=10)


@pytest.mark.parametrize(
    ("evidence", "failed"),
    [
        (store(), {}),
        # Two units of the shop's order are missing, whether the ERP knows it or not.
        (store(levels=[SHORT]), {"overselling": 2}),
        (store(levels=[SHORT], acks=[], commitments=[]), {"overselling": 2}),
        # The clerks sold too much, the shop nothing.
        (store(levels=[SHORT], commitments=[commitment(order=None)]), {}),
        (store(levels=[{**SHORT, "certainty": int(Certainty.UNKNOWN)}]), {}),
        # Three units in flight at the other store; if EWR and LAX are behind it, LAX may ship them.
        (store(levels=[SHORT], lines=[line(), THEIRS]), {"overselling": 2}),
        (store(levels=[SHORT], lines=[line(), THEIRS], locations=PARTLY_SHARED), {}),
        # The buyer keeps one of five; the ERP has yet to let go of the other four.
        (store(levels=[SHORT], lines=[line(current_units=1)], acks=[ack(units=5)],
               commitments=[commitment(quantity_micros=5 * UNIT)]), {}),
        (store(levels=[SHORT], lines=[line(current_units=3)], acks=[ack(units=5)],
               commitments=[commitment(quantity_micros=5 * UNIT)]), {"overselling": 1}),
        (store(acks=[ack(units=0)]), {"order_cancellations": 1}),
        (store(acks=[ack(units=1)]), {"order_cancellations": 1}),
        # The buyer added a unit after the ERP's word; the buyer cancelled.
        (store(acks=[ack(units=1, hours=4)]), {}),
        (store(acks=[ack(units=0)], lines=[line(current_units=0, taken_units=0)]), {}),
        (store(acks=[ack(units=0)], lines=[line(first_seen_at=NOON - timedelta(days=9))]), {}),
        (
            store(levels=[BEHIND], changed_at={"OAK-TABLE": NOON - timedelta(minutes=40)}),
            {"outdated_stock_data": 40},
        ),
        (store(levels=[BEHIND]), {}),
        (store(levels=[{**BEHIND, "is_moving": True}],
               changed_at={"OAK-TABLE": NOON - timedelta(minutes=40)}), {}),
        # The level was lowered by hand, and the other store on the same stock shows all of it.
        (store(levels=[level(shown_units=10)]), {"inventory_fragmentation": 1}),
        (store(levels=[level(shown_units=10)], healthy=store().healthy.tail(1)), {}),
        # One ERP location in common is enough.
        (store(levels=[level(shown_units=10)], locations=PARTLY_SHARED),
         {"inventory_fragmentation": 1}),
        (store(levels=[level(shown_units=10, certainty=int(Certainty.AT_MOST))]), {}),
        # Above the offer, but the buffer's units are there to be delivered.
        (store(levels=[level(shown_units=20)]), {}),
        (store(levels=[level(shown_units=25)]), {"customer_confusion": 5}),
        (store(levels=[level(shown_units=25, is_moving=True)]), {}),
        (store(levels=[{**SHORT, "shown_units": 3, "explained_units": 3}],
               commitments=[], acks=[ack()]), {"customer_confusion": 3}),
        (store(commitments=[commitment("hold")]), {"hold_drift": 1}),
        (store(lines=[line(is_on_hold=True)]), {"hold_drift": 1}),
        (store(commitments=[commitment("hold", updated_at=NOON)]), {}),
        (
            store(commitments=[commitment("hold", None, updated_at=NOON - timedelta(days=8))]),
            {"hold_drift": 1},
        ),
        (
            store(commitments=[
                commitment("hold", None, location="LAX", updated_at=NOON - timedelta(days=8))
            ]),
            {},
        ),
        (
            store(promises=pd.DataFrame({"sku": ["OAK-TABLE"], "variant_id": ["gid://v"]})),
            {"promise_date_mismatch": 1},
        ),
    ],
)  # fmt: skip
def test_exactly_the_check_of_the_failure_is_red(
    evidence: Evidence, failed: dict[str, float]
) -> None:
    assert red(evidence) == failed


def test_a_threshold_of_the_settings_bears_it() -> None:
    assert red(store(levels=[level(shown_units=25)]), max_unfulfillable_units=5) == {}


def test_a_sku_at_two_store_locations_is_oversold_once() -> None:
    other = "gid://1002"
    both = store(
        levels=[SHORT, {**SHORT, "store_location_id": other}],
        locations={"b2b": {HERE: ["NYC"], other: ["NYC", "EWR"]}},
        healthy=store().healthy.head(0),
    )
    assert red(both) == {"overselling": 2}


def test_a_kit_that_was_sold_counts_as_its_parts() -> None:
    parts = pd.DataFrame(
        {"kit_sku": ["DINING-SET"], "component_sku": ["OAK-TABLE"], "quantity_micros": [UNIT]}
    )
    sold = store(
        levels=[SHORT, {**SHORT, "sku": "DINING-SET"}],
        lines=[line(sku="DINING-SET")],
        acks=[],
        commitments=[],
        kits=resolve(parts),
    )
    assert red(sold) == {"overselling": 2}


def test_a_verdict_shows_what_failed() -> None:
    (verdict,) = [
        each
        for each in judge_store(store(levels=[level(shown_units=25)]), Limits())
        if not each.passed
    ]
    assert verdict.examples.to_dict("records") == [
        {
            "sku": "OAK-TABLE",
            "store_location_id": HERE,
            "shown_units": 25,
            "deliverable_units": 20,
            "too_many": 5,
        }
    ]
