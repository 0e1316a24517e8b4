"""What has become of promises, as an asset: each pass writes down what is promised and what slips.

Put here what is told of promises after they were given; dates themselves are ``promises.py`` and
``order_dates.py``.
"""

from dataclasses import asdict, fields
from datetime import datetime

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.defs.plots import plot
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.atp import Atp
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.promise_ledger import Reading, keep_promises

_ERP = (
    "locations",
    "products",
    "components",
    "commitments",
    "supply",
    "acknowledged_orders",
    "quarantined_rows",
)


@frame_asset(
    "orders",
    "promise_slips",
    made_from={
        **{name: f"erp/{name}" for name in _ERP},
        "atp": "atp/available_to_promise",
        "projected": "atp/projected",
        "dates": "atp/promise_dates",
        "order_dates": "orders/promise_dates",
    },
    has={
        "store": "text: the store that took the order",
        "order_id": "text: Shopify's order (gid)",
        "line_id": "text: its line (gid)",
        "location": "text: the ERP location it ships from; empty while the ERP has not said",
        "promised_on": "date: the first date that the line had",
        "expected_on": "date: the date that it has now; null: none any more",
        "reason": "text: why it is later than promised",
        "slipped_at": "timestamp: when that was first noticed",
        "supply_ids": "text: the supply that the promise rests on",
        "supply_kind": "text: stock, purchase, production, transfer or several",
        "outcome": "text: shipped or cancelled",
        "settled_on": "date: when that was found",
    },
    kinds=frozenset({"pandas", "postgres"}),
)
def promise_slips(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    locations: pd.DataFrame,
    products: pd.DataFrame,
    components: pd.DataFrame,
    commitments: pd.DataFrame,
    supply: pd.DataFrame,
    acknowledged_orders: pd.DataFrame,
    quarantined_rows: pd.DataFrame,
    atp: pd.DataFrame,
    projected: pd.DataFrame,
    dates: pd.DataFrame,
    order_dates: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """The promise of each open order line and what is expected now; all promises are kept.

    A promise slips when its date is put off, when supply no longer covers it, or when it passes.
    """
    none = pd.DataFrame()
    snapshot = ErpSnapshot(
        datetime.fromisoformat(atp.attrs["taken_at"]),
        *(locations, products, components, none, commitments, supply, acknowledged_orders, none),
        faults={},
    )
    counted = Atp.of(atp, components, products)
    figures_of = datetime.fromisoformat(dates.attrs["read_at"])
    reading = Reading(
        figures_of, snapshot, counted, projected, dates, order_dates, quarantined_rows
    )
    with inventory_sync.parts(context.log) as parts:
        kept = keep_promises(parts, reading, pass_id=context.run.run_id)
    rows = pd.DataFrame(
        [asdict(each) for each in kept.orders], columns=[each.name for each in fields(OrderPromise)]
    )
    rows = rows.astype({name: "datetime64[s]" for name in _DAYS} | dict.fromkeys(_TIMES, _INSTANT))
    slipped = rows[rows["slipped_at"].notna() & rows["outcome"].isna()]
    by_day = slipped.groupby("promised_on").size()
    return dg.Output(
        rows,
        metadata={
            "recorded": "no: a later reading was recorded before" if kept.is_late else "yes",
            "promises given": len(kept.given),
            "on supply": int((kept.given["supply_ids"] != "").sum()),
            "published promises that slipped now": table(kept.slipped),
            "open order lines": int(rows["outcome"].isna().sum()),
            "order lines that slipped": len(slipped),
            "slips": table(slipped),
            "slips by promised day": plot(
                "Order lines that slipped, by promised day",
                [day.date() for day in by_day.index],
                by_day.astype(float).tolist(),
            ),
        },
    )


_DAYS = ("promised_on", "expected_on", "settled_on")
_TIMES = ("made_at", "slipped_at")
_INSTANT = "datetime64[us, UTC]"
