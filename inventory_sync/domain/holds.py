"""Holds over time: which wait too long, and which only one side knows. And orders that the ERP
never took over.

Put rules about the age of promises and holds here. That a hold reduces ATP is ``atp.py``.
"""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain.reservations import RESERVATION_ORDERS

HOLD_KINDS: Final = ("hold", "reservation")

LET_GO_WITHIN: Final = timedelta(minutes=10)
"""The ERP lets go of a reservation that is over so soon."""

AGE_COLUMNS = ("kind", "document", "sku", "location", "units_micros", "age_hours", "expires_at")
PHANTOM_COLUMNS = ("side", "order_id", "store", "document", "reason")


def held(commitments: pd.DataFrame, taken_at: datetime) -> pd.DataFrame:
    """Open holds and reservations, oldest first (``AGE_COLUMNS``); those that expired are none.

    The age counts from the last change that the ERP told (``updated_at``).
    """
    now = pd.Timestamp(taken_at)
    rows = commitments[commitments["kind"].isin(HOLD_KINDS)]
    rows = rows[rows["expires_at"].isna() | (rows["expires_at"] > now)]
    hours = (now - rows["updated_at"]).dt.total_seconds() / 3600
    aged = rows.assign(age_hours=hours.round(1)).rename(
        columns={"order_id": "document", "quantity_micros": "units_micros"}
    )
    return aged.sort_values("age_hours", ascending=False)[list(AGE_COLUMNS)].reset_index(drop=True)


def phantom_holds(
    commitments: pd.DataFrame, order_lines: pd.DataFrame, taken_at: datetime
) -> pd.DataFrame:
    """Orders and reservations that only one side holds (``PHANTOM_COLUMNS``).

    ``order_lines``: the order ledger with ``is_on_hold``. An order that the ERP holds back and
    Shopify would ship, or the reverse; a reservation that is over and whose units the ERP still
    holds after ``LET_GO_WITHIN``. What one of the two does not know is not compared.
    """
    now = pd.Timestamp(taken_at)
    ends = commitments["expires_at"]
    is_open = (commitments["quantity_micros"] > 0) & (ends.isna() | (ends > now))
    known = commitments[commitments["external_order_id"].notna() & is_open]
    is_reserved = order_lines["order_id"].str.startswith(RESERVATION_ORDERS)
    return pd.concat(
        [
            _held_by_one_side(known, order_lines[~is_reserved]),
            _not_let_go(known, order_lines[is_reserved], now),
        ],
        ignore_index=True,
    )


def _held_by_one_side(commitments: pd.DataFrame, order_lines: pd.DataFrame) -> pd.DataFrame:
    known = commitments.assign(held=commitments["kind"].eq("hold").to_numpy())
    erp = known.groupby("external_order_id")
    by_erp = erp.agg(document=("order_id", "first"), erp_held=("held", "any"))
    wanted = order_lines[order_lines["current_units"] > 0]
    by_shop = wanted.groupby(["store", "order_id"])["is_on_hold"].any().reset_index()
    both = by_shop.merge(by_erp, left_on="order_id", right_index=True)
    both = both[both["is_on_hold"] != both["erp_held"]]
    in_erp = both["erp_held"].astype(bool)
    told = both.assign(
        side=in_erp.map({True: "ERP", False: "Shopify"}),
        reason=in_erp.map(
            {
                True: "the ERP holds the order, Shopify would fulfil it",
                False: "Shopify holds the order, the ERP would ship it",
            }
        ),
    )
    return told[list(PHANTOM_COLUMNS)].reset_index(drop=True)


def _not_let_go(
    commitments: pd.DataFrame, order_lines: pd.DataFrame, now: pd.Timestamp
) -> pd.DataFrame:
    held = commitments[commitments["kind"].isin(HOLD_KINDS)]
    documents = held.groupby("external_order_id").agg(document=("order_id", "first"))
    ours = order_lines.groupby(["store", "order_id"]).agg(
        units=("current_units", "sum"), ended_at=("updated_at", "max")
    )
    both = ours.reset_index().merge(documents, left_on="order_id", right_index=True)
    kept = both[(both["units"] == 0) & (both["ended_at"] <= now - LET_GO_WITHIN)]
    told = kept.assign(side="ERP", reason="the reservation is over, the ERP still holds its units")
    return told[list(PHANTOM_COLUMNS)]


def overdue_orders(in_flight: pd.DataFrame, *, now: datetime, within: timedelta) -> pd.DataFrame:
    """Lines in flight that the ERP should have acknowledged by now; they stay deducted.

    ``in_flight`` has ``first_seen_at``, when we first heard of the order.
    """
    late = in_flight["first_seen_at"] < pd.Timestamp(now - within)
    return in_flight[late].sort_values("first_seen_at")
