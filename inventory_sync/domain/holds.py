"""Holds over time: which wait too long, and which only one side knows. And orders that the ERP
never took over.

Put rules about the age of promises and holds here. That a hold reduces ATP is ``atp.py``.
"""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

HOLD_KINDS: Final = ("hold", "reservation")

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


def phantom_holds(commitments: pd.DataFrame, order_lines: pd.DataFrame) -> pd.DataFrame:
    """Orders that are on hold on one side only (``PHANTOM_COLUMNS``).

    ``order_lines``: the order ledger with ``is_on_hold``. An order that the ERP holds back and
    Shopify would ship, or the reverse; orders that one of the two does not know are not compared.
    """
    known = commitments[commitments["external_order_id"].notna()]
    erp = known.assign(held=known["kind"].eq("hold").to_numpy()).groupby("external_order_id")
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


def overdue_orders(in_flight: pd.DataFrame, *, now: datetime, within: timedelta) -> pd.DataFrame:
    """Lines in flight that the ERP should have acknowledged by now; they stay deducted.

    ``in_flight`` has ``first_seen_at``, when we first heard of the order.
    """
    late = in_flight["first_seen_at"] < pd.Timestamp(now - within)
    return in_flight[late].sort_values("first_seen_at")
