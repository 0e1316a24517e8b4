"""Holds that only one side knows: orders, and reservations that are over."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from inventory_sync.domain.holds import LET_GO_WITHIN, phantom_holds
from inventory_sync.domain.reservations import Reservation, refusals

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDER, DRAFT = "gid://shopify/Order/1", "gid://shopify/DraftOrder/7"
OURS = "inventory-sync:R-1"


def erp(order_id: str, kind: str, units: int = 5, ends: datetime | None = None) -> pd.DataFrame:
    """One commitment of the ERP."""
    rows = {
        "order_id": ["RES-0007"],
        "external_order_id": [order_id],
        "kind": [kind],
        "quantity_micros": [units * 1_000_000],
        "expires_at": pd.Series([ends], dtype="datetime64[us, UTC]"),
    }
    return pd.DataFrame(rows)


def line(
    order_id: str, units: int, *, on_hold: bool = False, ago: timedelta = LET_GO_WITHIN
) -> pd.DataFrame:
    """One line of the order ledger."""
    rows = {
        "store": ["b2b"],
        "order_id": [order_id],
        "current_units": [units],
        "is_on_hold": [on_hold],
        "updated_at": pd.Series([NOW - ago], dtype="datetime64[us, UTC]"),
    }
    return pd.DataFrame(rows)


def reasons(commitments: pd.DataFrame, lines: pd.DataFrame) -> list[str]:
    return phantom_holds(commitments, lines, NOW)["reason"].tolist()


@pytest.mark.parametrize("order_id", [OURS, DRAFT])
@pytest.mark.parametrize("kind", ["hold", "reservation"])
def test_a_reservation_that_is_over_and_that_the_erp_keeps_is_a_phantom(
    order_id: str, kind: str
) -> None:
    (phantom,) = phantom_holds(erp(order_id, kind), line(order_id, 0), NOW).to_dict("records")
    assert (phantom["side"], phantom["document"]) == ("ERP", "RES-0007")
    assert phantom["reason"] == "the reservation is over, the ERP still holds its units"


@pytest.mark.parametrize(
    ("commitment", "told"),
    [
        (erp(OURS, "reservation"), line(OURS, 5)),
        (erp(OURS, "hold"), line(OURS, 5)),
        (erp(OURS, "order"), line(OURS, 5)),
        (erp(OURS, "reservation"), line(OURS, 0, ago=timedelta(minutes=9))),
        (erp(OURS, "reservation", units=0), line(OURS, 0)),
        (erp(OURS, "reservation", ends=NOW), line(OURS, 0)),
        (erp(OURS, "order"), line(OURS, 0)),
    ],
    ids=["held", "held back", "confirmed", "just released", "let go", "ended in the ERP", "order"],
)
def test_a_reservation_that_both_sides_know_alike_is_none(
    commitment: pd.DataFrame, told: pd.DataFrame
) -> None:
    assert reasons(commitment, told) == []


def test_an_order_that_one_side_holds_back_is_a_phantom() -> None:
    assert reasons(erp(ORDER, "hold"), line(ORDER, 5)) == [
        "the ERP holds the order, Shopify would fulfil it"
    ]
    assert reasons(erp(ORDER, "order"), line(ORDER, 5, on_hold=True)) == [
        "Shopify holds the order, the ERP would ship it"
    ]
    assert reasons(erp(ORDER, "hold"), line(ORDER, 5, on_hold=True)) == []
    assert reasons(erp(ORDER, "hold"), line(ORDER, 0)) == []


def refused(name: str, state: str = "refused", order_id: str = DRAFT) -> Reservation:
    return Reservation(
        reservation_id=name,
        store="b2b",
        order_id=order_id,
        line_id="1",
        sku="OAK-TABLE",
        store_location_id="",
        erp_location="",
        quantity_units=5,
        state=state,
        expires_at=None,
        created_at=NOW,
        decided_at=NOW,
    )


def test_refused_drafts_are_listed_until_they_are_reserved_or_long_ago() -> None:
    first, later = refused("D-1"), refused("D-2", "held")
    before, after = NOW - timedelta(days=1), NOW + timedelta(days=1)
    assert refusals([first], since=before) == [first]
    assert refusals([first, later], since=before) == []
    assert refusals([first], since=after) == []
    assert refusals([refused("R-1", order_id=OURS)], since=before) == []
